"""A run as the dashboard's page shows it: fewer steps, fewer digits, the same shape as a live one."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.result import RegionSeries, Run, Series, WorldSeries
from benchmarks.rehearsal.series import array, peak, total
from benchmarks.reports.timeline import shortened
from shared.topology import Topology

FORMAT: Final = "swell-dashboard/1"
MOST_STEPS: Final = 360
"""As many as the record of a simulation has, at most."""
_MOST_ENTRIES: Final = 250
_SPILL_SHOWN: Final = 0.0002
"""Routes that never carry more than this share of the peak are left out."""
_DIGITS: Final = 3

_NOTHING: Final = 1e-6

Fold = Literal["mean", "max", "min", "last"]
Numbers = list[float | None]


def view_of(run: Run, topology: Topology, *, most_steps: int = MOST_STEPS) -> dict[str, Any]:
    """What the page shows of a run: rates are means over the folded steps, times to answer and modes the worst."""
    width = max(1, -(-run.axis.points // most_steps))
    points = -(-run.axis.points // width)
    meta, known, least = run.meta, topology.regions, _SPILL_SHOWN * peak(run.world.asked_rps)
    return {
        "format": FORMAT,
        "live": False,
        "title": meta.title,
        "subtitle": subtitle(run),
        "simulated": meta.simulated,
        "simulated_text": simulated_text(run),
        "notes": notes(run, width),
        "start_s": run.axis.start_s,
        "step_s": run.axis.step_s * width,
        "points": points,
        "regions": [_region(name, run.regions[name], topology, width, least) for name in run.regions if name in known],
        "world": _world(run.world, width),
        "timeline": [
            {"at_s": entry.at_s, "kind": entry.kind, "text": entry.text}
            for entry in shortened(run.timeline, _MOST_ENTRIES)
        ],
        "objectives": [],
        "missing": missing(run) + _unknown([name for name in run.regions if name not in known], run),
        "summary": {"minutes_in_mode": {name: round(spent, 1) for name, spent in run.summary.minutes_in_mode.items()}},
    }


def missing(run: Run) -> list[str]:
    """What the page cannot show of a run, and why."""
    if not run.meta.simulated:
        return ["Map, instances, load, health, money, modes, forecast: these are a fleet's; this is one machine."]
    if not any(peak(series) for series in run.world.forecast_rps.values()):
        return [f"Forecast: policy {run.meta.policy} makes none."]
    return []


def _unknown(regions: Sequence[str], run: Run) -> list[str]:
    """Regions that a record of another topology has."""
    if not (regions and run.meta.simulated):
        return []
    return [f"Regions that topology.yaml does not have: {', '.join(regions)}. They are in the sums."]


def subtitle(run: Run) -> str:
    """What was run, so that it can be run again, and when the crowd of a rehearsal is."""
    meta = run.meta
    begins = datetime.fromtimestamp(run.axis.start_s, UTC)
    when = f"the crowd of {begins:%Y-%m-%d %H:%M} UTC" if meta.simulated else "LIVE"
    how = f"policy {meta.policy} · seed {meta.seed} · commit {meta.commit}"
    return f"{meta.scenario} · {when} · {how} · made {meta.made_at}"


def simulated_text(run: Run) -> str:
    """What stands beside the word SIMULATED; empty for a live run."""
    if not run.meta.simulated:
        return ""
    meta = run.meta
    return (
        f"up to {meta.streams_peak:,.0f} streams in a model of the fleet (scale {meta.scale:g}). "
        f"One stream {meta.stream.text}. No request was made."
    )


def notes(run: Run, width: int = 1) -> list[str]:
    """What a reader has to know."""
    found = [f"A stream {run.meta.stream.text}.", *run.meta.notes]
    if run.meta.calibration:
        found.append(f"Service times: {run.meta.calibration}.")
    if run.meta.simulated:
        found.append("Failed counts what clients made again, asked does not: in a region failed may be the larger one.")
    if width > 1:
        found.append(
            f"Each step here is {width} of the record ({run.axis.step_s * width:g} s): rates are means, times to "
            "answer, health and serving modes the worst of them."
        )
    return found


def _region(name: str, series: RegionSeries, topology: Topology, width: int, least: float) -> dict[str, Any]:
    place = topology.regions[name]
    return {
        "name": name,
        "city": place.city,
        "latitude": place.latitude_deg,
        "longitude": place.longitude_deg,
        "hub": place.tier == "tier_1",
        "quota": series.quota,
        "asked": folded(series.asked_rps, width),
        "served": folded(series.served_rps, width),
        "errors": folded(series.errors_rps, width),
        "shed": folded(total(series.shed_rps), width),
        "p50": folded(series.p50_ms, width, "max"),
        "p95": folded(series.p95_ms, width, "max"),
        "p99": folded(series.p99_ms, width, "max"),
        "utilisation": folded(series.utilisation, width, digits=2),
        "health": folded(series.health, width, "min"),
        "planned": folded(series.instances.planned, width, "last"),
        "actual": folded(series.instances.actual, width, "last"),
        "ceiling": folded(series.instances.ceiling, width, "last"),
        "starting": folded(series.instances.starting, width, "last"),
        "spill": {to: folded(rates, width) for to, rates in series.spilled_rps.items() if peak(rates) > least},
    }


def _world(world: WorldSeries, width: int) -> dict[str, Any]:
    return {
        "asked": folded(world.asked_rps, width),
        "served": folded(world.served_rps, width),
        "errors": folded(world.errors_rps, width),
        "shed": folded(total(world.shed_rps), width),
        "p50": folded(world.p50_ms, width, "max"),
        "p95": folded(world.p95_ms, width, "max"),
        "p99": folded(world.p99_ms, width, "max"),
        "planned": folded(world.instances.planned, width, "last"),
        "actual": folded(world.instances.actual, width, "last"),
        "ceiling": folded(world.instances.ceiling, width, "last"),
        "starting": folded(world.instances.starting, width, "last"),
        "mode": folded(world.serving_mode, width, "max"),
        "spent": folded(world.spent, width, "last", digits=6),
        "spend_per_hour": folded(world.spend_per_hour, width),
        "allowed_per_hour": folded(world.allowed_per_hour, width, "last"),
        "caches": {name: folded(series, width) for name, series in world.cache_hits.items()},
        "forecast": {name: folded(series, width) for name, series in world.forecast_rps.items()},
        "lead_min": world.forecast_lead_min,
    }


def folded(series: Series, width: int, fold: Fold = "mean", *, digits: int = _DIGITS) -> Numbers:
    """A series in steps of `width`, rounded to so many digits; a step of which nothing is known stays unknown."""
    if not series:
        return []
    values = array(series)
    padded = np.concatenate([values, np.full(-len(values) % width, np.nan)]).reshape(-1, width)
    return [_number(row[~np.isnan(row)], fold, digits) for row in padded]


def _number(known: NDArray[np.float64], fold: Fold, digits: int) -> float | int | None:
    if not len(known):
        return None
    value = float({"mean": known.mean(), "max": known.max(), "min": known.min(), "last": known[-1]}[fold])
    if abs(value) < _NOTHING:
        return 0
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() else rounded
