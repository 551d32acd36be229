"""From a simulation to the record that analysis, reports and the dashboard read."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.objectives import judged
from benchmarks.rehearsal.result import (
    Axis,
    Instances,
    LatencyCounts,
    Metadata,
    RegionSeries,
    Run,
    Series,
    StreamUnit,
    Summary,
    WorldSeries,
)
from benchmarks.scenarios.model import Scenario
from benchmarks.simulator.advice import advice
from benchmarks.simulator.calibration import Calibration
from benchmarks.simulator.faults import NOT_SIMULATED
from benchmarks.simulator.latency import BOUNDS_MS, mean_ms, quantile_ms
from benchmarks.simulator.serving import TIERS
from benchmarks.simulator.simulation import Simulated
from shared.domain.serving_mode import ServingMode

Floats = NDArray[np.float64]

_QUANTILES: Final = (0.5, 0.95, 0.99)


def run_of(simulated: Simulated, calibration: Calibration, commit: str) -> Run:
    """The record of a simulation."""
    scenario, recorder = simulated.scenario, simulated.recorder
    axis = Axis(scenario.starts_at.timestamp(), recorder.per_step * recorder.beat_s, recorder.steps)
    regions = {name: _region(simulated, at) for at, name in enumerate(simulated.regions)}
    summary = _summary(simulated)
    objectives = judged(scenario, summary, recorder_errors(simulated), axis)
    run = Run(
        meta=_meta(simulated, calibration, commit),
        axis=axis,
        regions=regions,
        world=_world(simulated),
        timeline=simulated.timeline,
        objectives=objectives,
        summary=replace(summary, survived=all(one.met is not False for one in objectives if one.hard)),
    )
    return replace(run, summary=replace(run.summary, advice=advice(simulated, run)))


def recorder_errors(simulated: Simulated) -> Floats:
    """The share of requests that failed in each step."""
    recorder = simulated.recorder
    asked = recorder.offered.sum(axis=1)
    shares: Floats = recorder.errors.sum(axis=(1, 2)) / np.maximum(asked, 1.0)
    return shares


def _sharing(per_connection: float) -> str:
    return "each has a connection" if per_connection == 1 else f"{per_connection:g} share a connection"


def _meta(simulated: Simulated, calibration: Calibration, commit: str) -> Metadata:
    scenario, recorder = simulated.scenario, simulated.recorder
    stream = scenario.stream
    text = (
        f"asks {stream.queries_per_s:g} times a second (once in {1 / stream.queries_per_s:,.0f} s), "
        f"an answer is {stream.bytes_per_query:,} bytes, {_sharing(stream.per_connection)}"
    )
    peak_rps = float((recorder.asked.sum(axis=1) / (recorder.beats * recorder.beat_s)).max())
    return Metadata(
        scenario=scenario.name,
        title=scenario.title,
        simulated=True,
        seed=simulated.seed,
        scale=1.0,
        streams_peak=peak_rps / stream.queries_per_s,
        stream=StreamUnit(stream.queries_per_s, stream.bytes_per_query, stream.per_connection, text),
        policy=simulated.policy.name,
        commit=commit,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        regions=simulated.regions,
        calibration=f"{calibration.describe()}, scaled to {calibration.requests_per_s:g} searches a second an instance",
        notes=(
            "SIMULATED: streams are cohorts in a model of the fleet; no request was made.",
            "Latencies are from the edge of the nearest region: a client's way to it is not in them.",
            _quotas(simulated),
            *(f"Not in the model: {kind}." for kind in _not_simulated(simulated.scenario)),
        ),
    )


def _quotas(simulated: Simulated) -> str:
    """Two records of a scenario, one on its own quotas and one as deployed, differ in this alone."""
    fleet, quotas = simulated.scenario.fleet, simulated.quotas
    asked = any((fleet.hub_at_most, fleet.other_at_most, fleet.total_at_most))
    whose = "as the scenario asks for them" if asked else "those of topology.yaml and of a new project"
    total = "" if fleet.total_at_most is None else f", {fleet.total_at_most:,} in all"
    return f"Quotas: {quotas.min():,.0f} to {quotas.max():,.0f} instances a region{total}, {whose}."


def _not_simulated(scenario: Scenario) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fault.kind for fault in scenario.faults if fault.kind in NOT_SIMULATED))


def _region(simulated: Simulated, at: int) -> RegionSeries:
    recorder = simulated.recorder
    seconds, state = recorder.beats * recorder.beat_s, recorder.state
    p50, p95, p99 = (quantile_ms(recorder.latencies[:, at], quantile) for quantile in _QUANTILES)
    sent = recorder.sent[:, at] / seconds[:, None]
    elsewhere = {
        name: _series(sent[:, to])
        for to, name in enumerate(simulated.regions)
        if to != at and sent[:, to].max(initial=0) > 0
    }
    return RegionSeries(
        asked_rps=_series(recorder.asked[:, at] / seconds),
        offered_rps=_series(recorder.offered[:, at] / seconds),
        served_rps=_series(recorder.served[:, at].sum(axis=1) / seconds),
        errors_rps=_series(recorder.errors[:, at].sum(axis=1) / seconds),
        shed_rps={tier.value: _series(recorder.shed[:, at, number] / seconds) for number, tier in enumerate(TIERS)},
        p50_ms=_series(p50),
        p95_ms=_series(p95),
        p99_ms=_series(p99),
        utilisation=_series(recorder.busy[:, at] / recorder.beats),
        health=_series(state["health"][:, at]),
        queued=_series(np.maximum(state["queued"][:, at], 0)),
        instances=_instances({name: series[:, at] for name, series in state.items()}),
        spilled_rps=elsewhere,
        quota=int(simulated.quotas[at]),
    )


def _world(simulated: Simulated) -> WorldSeries:
    recorder = simulated.recorder
    seconds = recorder.beats * recorder.beat_s
    latencies = recorder.latencies.sum(axis=1)
    p50, p95, p99 = (quantile_ms(latencies, quantile) for quantile in _QUANTILES)
    asked = recorder.asked.sum(axis=1)
    spent_before = np.concatenate([[0.0], recorder.spent[:-1]])
    minutes = (np.arange(recorder.steps) * recorder.per_step * recorder.beat_s / 60).astype(np.int64)
    return WorldSeries(
        asked_rps=_series(asked / seconds),
        served_rps=_series(recorder.served.sum(axis=(1, 2)) / seconds),
        errors_rps=_series(recorder.errors.sum(axis=(1, 2)) / seconds),
        shed_rps={
            tier.value: _series(recorder.shed[:, :, number].sum(axis=1) / seconds) for number, tier in enumerate(TIERS)
        },
        p50_ms=_series(p50),
        p95_ms=_series(p95),
        p99_ms=_series(p99),
        instances=_instances({name: series.sum(axis=1) for name, series in recorder.state.items()}),
        serving_mode=_series(recorder.mode),
        spent=_series(recorder.spent),
        spend_per_hour=_series(_smoothed((recorder.spent - spent_before) / seconds * 3600, recorder)),
        allowed_per_hour=_series(recorder.allowed_per_hour),
        cache_hits={"answers": _series(recorder.hits.sum(axis=1) / np.maximum(asked, 1.0))},
        forecast_rps={
            f"{quantile:g}": _series(values[np.minimum(minutes, len(values) - 1)])
            for quantile, values in simulated.forecast.items()
        },
        mean_ms=_series(mean_ms(latencies)),
    )


def _smoothed(per_hour: Floats, recorder: object) -> Floats:
    """Money is booked by the minute: a step shorter than that shows the mean of the minutes around it."""
    step_s = recorder.per_step * recorder.beat_s  # type: ignore[attr-defined]
    width = max(1, round(120 / step_s))
    kernel = np.ones(width)
    smoothed: Floats = np.convolve(per_hour, kernel, "same") / np.convolve(np.ones(len(per_hour)), kernel, "same")
    return smoothed


def _summary(simulated: Simulated) -> Summary:
    recorder = simulated.recorder
    counts = recorder.latencies.sum(axis=(0, 1))
    asked = float(recorder.offered.sum())
    p50, p95, p99, p999 = (_number(quantile_ms(counts[None], quantile)[0]) for quantile in (*_QUANTILES, 0.999))
    served, shed, errors = (series.sum(axis=(0, 1)) for series in (recorder.served, recorder.shed, recorder.errors))
    of_all = served + shed + errors
    minutes = recorder.mode_beats * recorder.beat_s / 60
    return Summary(
        survived=False,
        asked=asked,
        served=float(served.sum()),
        errors=float(errors.sum()),
        shed={tier.value: float(shed[number]) for number, tier in enumerate(TIERS)},
        asked_by_tier={tier.value: float(of_all[number]) for number, tier in enumerate(TIERS)},
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        p999_ms=p999,
        peak_rps=float((recorder.asked.sum(axis=1) / (recorder.beats * recorder.beat_s)).max()),
        peak_instances=float(recorder.state["ready"].sum(axis=1).max()),
        cost=simulated.cost,
        minutes_in_mode={mode.label: float(minutes[mode]) for mode in ServingMode if minutes[mode] > 0},
        latency=LatencyCounts(tuple(BOUNDS_MS.round(4)), tuple(counts.round(1))),
    )


def _instances(state: dict[str, Floats]) -> Instances:
    return Instances(
        planned=_series(state["planned"]),
        floor=_series(state["floor"]),
        ceiling=_series(state["ceiling"]),
        actual=_series(state["ready"]),
        starting=_series(state["starting"]),
    )


def _series(values: Floats) -> Series:
    """Five digits are more than a model knows; a number that is none is not known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = np.where(values != 0, 4 - np.floor(np.log10(np.abs(values))), 0.0)
        up, down = 10.0 ** np.maximum(digits, 0), 10.0 ** np.maximum(-digits, 0)
        rounded = np.round(values * up / down) * down / up
    return tuple(None if value != value else value for value in rounded.tolist())  # noqa: PLR0124 - not a number


def _number(value: float) -> float | None:
    return _series(np.array([value]))[0]
