"""A rehearsal in words: the answer first, then its parts. Every page says SIMULATED where it is."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from benchmarks.rehearsal.result import Entry, Objective, Run
from shared.domain.money import dollars

_NORMAL: Final = "serving mode normal"
_TOLD: Final = ("calendar", "prewarm", "fault", "serving_mode")
"""Plans, scaling, routes and the rest are in the record, and on the page that shows it."""


def tell(run: Run) -> Iterator[str]:
    """Lines for a terminal."""
    meta, summary = run.meta, run.summary
    word = "SIMULATED" if meta.simulated else "LIVE"
    yield f"{word} · {meta.scenario}: {meta.title}"
    yield f"{word} · policy {meta.policy}, seed {meta.seed}, commit {meta.commit}, scale {meta.scale:g}:1"
    yield f"one stream {meta.stream.text}; {_streams(meta.streams_peak)} streams at the peak"
    yield ""
    yield f"{'survives' if summary.survived else 'DOES NOT SURVIVE'}: {_kept(run)}"
    yield ""
    yield f"asked      {summary.asked:,.0f} requests, {summary.peak_rps:,.0f} a second at the peak"
    yield f"answered   {_share(summary.served, summary.asked)}"
    yield f"failed     {_share(summary.errors, summary.asked)}"
    yield f"shed       {_shed(run)}"
    yield (
        f"latency    p50 {_ms(summary.p50_ms)}, p95 {_ms(summary.p95_ms)}, p99 {_ms(summary.p99_ms)}, "
        f"p99.9 {_ms(summary.p999_ms)}"
    )
    yield f"instances  {summary.peak_instances:,.0f} at the peak, of {_quota(run):,}"
    per_million = summary.cost / max(summary.served, 1.0)
    yield f"cost       {dollars(summary.cost)}: ${per_million:,.2f} a million answers"
    yield f"modes      {_modes(run)}"
    yield ""
    for objective in run.objectives:
        yield f"  {_verdict(objective)}  {objective.name} {_value(objective)}"
    changes = [one for one in run.timeline if one.kind in _TOLD and not _is_first_mode(run, one)]
    if changes:
        yield ""
    for entry in changes:
        yield f"  minute {(entry.at_s - run.axis.start_s) / 60:>5.1f}  {entry.text}"
    yield ""
    yield "what to change"
    yield from what_to_change(run)
    yield ""
    yield from meta.notes
    if meta.calibration:
        yield f"service times: {meta.calibration}"


def _is_first_mode(run: Run, entry: Entry) -> bool:
    """That it begins as it ought to is no news."""
    return entry.kind == "serving_mode" and entry.text == _NORMAL and entry.at_s <= run.axis.start_s


def what_to_change(run: Run) -> list[str]:
    """A line for each change."""
    return [f"  - {text}" for text in run.summary.advice or ("nothing was seen that calls for it",)]


def in_brief(run: Run) -> dict[str, Any]:
    """What was run, its numbers, and the objectives that it did not keep: for a document of several runs."""
    not_kept = [one.name for one in run.objectives if one.met is False]
    return {**asdict(run.meta), **asdict(run.summary), "not_kept": not_kept}


def _kept(run: Run) -> str:
    broken = [one.name for one in run.objectives if one.met is False]
    unknown = [one.name for one in run.objectives if one.met is None]
    told = f"{len(run.objectives) - len(broken) - len(unknown)} of {len(run.objectives)} objectives are kept"
    told += f", not {', '.join(broken)}" if broken else ""
    return told + (f"; not proven: {', '.join(unknown)}" if unknown else "")


def _share(count: float, asked: float) -> str:
    return f"{count / asked:.3%} ({count:,.0f})" if asked else "nothing was asked"


def _shed(run: Run) -> str:
    summary = run.summary
    parts = [
        f"{tier} {count / summary.asked_by_tier[tier]:.2%}"
        for tier, count in summary.shed.items()
        if summary.asked_by_tier.get(tier)
    ]
    return f"{summary.shed_share:.3%} on purpose: {', '.join(parts)}"


def _modes(run: Run) -> str:
    return ", ".join(f"{mode} {minutes:.0f} min" for mode, minutes in run.summary.minutes_in_mode.items())


def _quota(run: Run) -> int:
    return sum(region.quota or 0 for region in run.regions.values())


def _verdict(objective: Objective) -> str:
    return {True: "kept  ", False: "BROKEN", None: "unsure"}[objective.met]


def _value(objective: Objective) -> str:
    measured = "not measured" if objective.measured is None else f"{objective.measured:,.4g}"
    return f"{measured}, {objective.direction.replace('_', ' ')} {objective.limit:,.4g}"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f} ms"


def _streams(count: float) -> str:
    for unit, size in (("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count:,.0f}"


OVERVIEW: Final = (
    "scenario",
    "survives",
    "requests/s",
    "failed",
    "shed",
    "p50",
    "p99",
    "instances",
    "cost",
    "not kept",
)


def overview(runs: Sequence[Run]) -> list[list[str]]:
    """A row for each run."""
    return [
        [
            run.meta.scenario,
            "yes" if run.summary.survived else "NO",
            f"{run.summary.peak_rps:,.0f}",
            f"{run.summary.error_share:.3%}",
            f"{run.summary.shed_share:.3%}",
            _ms(run.summary.p50_ms),
            _ms(run.summary.p99_ms),
            f"{run.summary.peak_instances:,.0f}",
            dollars(run.summary.cost),
            ", ".join(one.name for one in run.objectives if one.met is False),
        ]
        for run in runs
    ]
