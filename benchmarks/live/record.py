"""What came of a live run, as the record that reports and the dashboard read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import ceil
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.live.arrivals import Arrivals, What
from benchmarks.live.faults import FaultPlan
from benchmarks.load.open_loop import Offered
from benchmarks.rehearsal.objectives import judged
from benchmarks.rehearsal.result import (
    Axis,
    Entry,
    Instances,
    LatencyCounts,
    Metadata,
    Phase,
    RecallFound,
    RegionSeries,
    Run,
    Series,
    StreamUnit,
    Summary,
    WorldSeries,
)
from benchmarks.scenarios.model import Scenario
from shared.domain.money import Micros
from shared.domain.prices import LIST_PRICES, InstanceShape, Usage, cost_of

Floats = NDArray[np.float64]

REGION: Final = "this-machine"
_STEP_S: Final = 1.0
_PRICED_AS: Final = "us-central1"
_INSTANCE: Final = InstanceShape(cpu_milli=2000, memory_mib=4096)
"""As topology.yaml has it for `query`."""
_BOUNDS_MS: Final = np.round(np.geomspace(0.1, 60_000, 1338), 4)
"""Each a hundredth above the one before: so far a quantile may be from what is proven of it."""


@dataclass(frozen=True, eq=False)
class Played:
    """A scenario, what was meant to be sent, and what became of it by tier, kind and protocol.

    `seconds` is how long it was played; `whole_s` how long it would have been, had it not `ended_early`.
    """

    scenario: Scenario
    arrivals: Arrivals
    offered: Mapping[What, Offered]
    peak_per_s: float
    seconds: float
    faults: FaultPlan = field(default_factory=FaultPlan)
    happened: Sequence[tuple[float, str]] = ()
    """What was done to the server, and when."""
    whole_s: float | None = None
    ended_early: str | None = None
    invalid: str = ""
    cpu_s: float | None = None
    """Processor time of the server meanwhile."""
    recall: RecallFound | None = None


def record_of(played: Played, commit: str) -> Run:
    """The record. What a live run cannot know, such as instances, is None in it.

    Nothing is shed: the server's budget is not touched, so that what it refuses it refuses for want of a place.
    """
    points = max(1, int(np.ceil(played.seconds / _STEP_S)))
    due_s, latency_ms, good, tier = _together(played.offered)
    step = np.minimum((due_s / _STEP_S).astype(int), points - 1)

    def per_s(chosen: NDArray[np.bool_]) -> Series:
        return tuple((np.bincount(step[chosen], minlength=points) / _STEP_S).tolist())

    def percentile(percent: float) -> Series:
        found = [latency_ms[good & (step == place)] for place in range(points)]
        return tuple(float(np.percentile(each, percent)) if len(each) else None for each in found)

    def mean() -> Series:
        counts = np.bincount(step[good], minlength=points)
        means = np.bincount(step[good], latency_ms[good], minlength=points) / np.maximum(counts, 1)
        return tuple(each if count else None for each, count in zip(means.tolist(), counts.tolist(), strict=True))

    everything = np.ones(len(due_s), np.bool_)
    failed = ~good
    shed = {each.value: per_s(~everything) for each in played.scenario.tiers}
    unknown: Series = (None,) * points
    instances = Instances(unknown, unknown, unknown, unknown, unknown)
    region = RegionSeries(
        asked_rps=per_s(everything),
        offered_rps=per_s(everything),
        served_rps=per_s(good),
        errors_rps=per_s(failed),
        shed_rps=shed,
        p50_ms=percentile(50),
        p95_ms=percentile(95),
        p99_ms=percentile(99),
        utilisation=unknown,
        health=unknown,
        queued=unknown,
        instances=instances,
    )
    world = WorldSeries(
        asked_rps=region.asked_rps,
        served_rps=region.served_rps,
        errors_rps=region.errors_rps,
        shed_rps=shed,
        p50_ms=region.p50_ms,
        p95_ms=region.p95_ms,
        p99_ms=region.p99_ms,
        instances=instances,
        serving_mode=unknown,
        spent=unknown,
        spend_per_hour=unknown,
        allowed_per_hour=unknown,
        mean_ms=mean(),
    )
    asked_at = f"{len(due_s):,} requests, at most {played.peak_per_s:,.0f} a second"
    axis = Axis(datetime.now(UTC).timestamp() - played.seconds, _STEP_S, points)
    summary = _summary(played, latency_ms[good], good, tier)
    errors, asked = (np.bincount(step[chosen], minlength=points) for chosen in (failed, everything))
    objectives = judged(_timed(played), summary, errors / np.maximum(asked, 1), axis)
    return Run(
        meta=_meta(played, commit),
        axis=axis,
        regions={REGION: region},
        world=world,
        timeline=(
            Entry(axis.start_s, "phase", asked_at),
            *(Entry(axis.start_s + at_s, "fault", text) for at_s, text in played.happened),
        ),
        objectives=objectives,
        summary=replace(summary, survived=all(each.met is not False for each in objectives if each.hard)),
        phases=tuple(_phases(played, due_s, latency_ms, good)),
    )


def _together(
    offered: Mapping[What, Offered],
) -> tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.str_]]:
    def all_of(what: Callable[[Offered], NDArray[np.generic]]) -> NDArray[np.generic]:
        return np.concatenate([what(seen) for seen in offered.values()])

    tier = np.repeat([what.tier.value for what in offered], [len(seen.due_s) for seen in offered.values()])
    return (
        all_of(lambda seen: seen.due_s).astype(np.float64),
        all_of(lambda seen: seen.latency_ms).astype(np.float64),
        all_of(lambda seen: seen.good).astype(np.bool_),
        tier,
    )


def _summary(played: Played, latency_ms: Floats, good: NDArray[np.bool_], tier: NDArray[np.str_]) -> Summary:
    percentiles = [float(np.percentile(latency_ms, p)) if len(latency_ms) else None for p in (50, 95, 99, 99.9)]
    tiers = [each.value for each in played.scenario.tiers]
    return Summary(
        survived=True,
        asked=float(len(good)),
        served=float(good.sum()),
        errors=float((~good).sum()),
        shed=dict.fromkeys(tiers, 0.0),
        asked_by_tier={each: float((tier == each).sum()) for each in tiers},
        p50_ms=percentiles[0],
        p95_ms=percentiles[1],
        p99_ms=percentiles[2],
        p999_ms=percentiles[3],
        peak_rps=played.peak_per_s,
        peak_instances=1.0,
        cost=_cost(played.cpu_s, len(good)),
        recall=played.recall,
        minutes_in_mode={},
        latency=_counted(latency_ms),
    )


def _counted(latency_ms: Floats) -> LatencyCounts:
    """By classes of time, from the one below the fastest to that of the slowest."""
    classes = np.searchsorted(_BOUNDS_MS, latency_ms).clip(0, len(_BOUNDS_MS) - 1)
    first, last = (max(0, int(classes.min()) - 1), int(classes.max()) + 1) if len(classes) else (0, 1)
    counts = np.bincount(classes, minlength=last)[first:last]
    return LatencyCounts(tuple(_BOUNDS_MS[first:last].tolist()), tuple(counts.astype(np.float64).tolist()))


def _cost(cpu_s: float | None, requests: int) -> Micros:
    """What the processor time costs on instances that are used in full, and the requests, at list prices."""
    if cpu_s is None:
        return 0
    active_ms = ceil(cpu_s * 1000 / (_INSTANCE.cpu_milli / 1000))
    return cost_of(Usage(_PRICED_AS, active_ms, 0, requests, 0), _INSTANCE, LIST_PRICES)


def _phases(played: Played, due_s: Floats, latency_ms: Floats, good: NDArray[np.bool_]) -> Iterator[Phase]:
    if (span := played.faults.span_s) is None:
        return
    begin_s, end_s = (min(moment_s, played.seconds) for moment_s in span)
    names: tuple[Literal["before", "during", "after"], ...] = ("before", "during", "after")
    for name, from_s, to_s in zip(names, (0.0, begin_s, end_s), (begin_s, end_s, played.seconds), strict=True):
        ours = (due_s >= from_s) & (due_s < to_s)
        answered = latency_ms[ours & good]
        percentiles = [float(np.percentile(answered, percent)) if len(answered) else None for percent in (50, 95, 99)]
        if to_s > from_s:
            yield Phase(name, from_s, to_s, int(ours.sum()), int((ours & ~good).sum()), *percentiles)


def _timed(played: Played) -> Scenario:
    """The scenario with faults at the times of the run, without a promise about its bill, which is not paid.

    Without all of them there is nothing to say of how soon it recovers.
    """
    faults = tuple(
        one.fault.model_copy(update={"at_min": one.at_s / 60, "for_min": (one.ends_s - one.at_s) / 60})
        for one in played.faults.played
    )
    left_out: dict[str, None] = {"cost_dollars": None}
    if played.faults.left_out or played.ended_early is not None or not faults:
        left_out["recovery_s"] = None
    objectives = played.scenario.objectives.model_copy(update=left_out)
    return played.scenario.model_copy(update={"faults": faults, "objectives": objectives})


def _meta(played: Played, commit: str) -> Metadata:
    scenario = played.scenario
    whole_s = played.whole_s or played.seconds
    notes = [f"LIVE: played in {whole_s:g} s on one machine: {scenario.duration_min:g} minutes of the scenario."]
    if played.ended_early is not None:
        notes.insert(0, f"PARTIAL: it ended after {played.seconds:.1f} of {whole_s:g} s: {played.ended_early}.")
    if played.invalid:
        notes.insert(0, f"INVALID: {played.invalid}.")
    if played.cpu_s is not None:
        notes.append(
            f"Cost: {played.cpu_s:.1f} s of processor time, as instances of 2 vCPU and 4 GiB in {_PRICED_AS} that are "
            f"used in full would cost them, and the requests, at list prices of {LIST_PRICES.as_of}; nothing was spent."
        )
    refused = sum(int(seen.refused.sum()) for seen in played.offered.values())
    if refused:
        notes.append(f"{refused:,} of the failed requests were refused for want of a place (429 or 503).")
    notes += _of_faults(played)
    if played.arrivals.comings is not None and scenario.sessions is not None:
        comings, sessions = played.arrivals.comings, scenario.sessions
        notes.append(
            f"Sessions: {len(comings.arrives_s):,} users, at most {comings.most:,} at once, each over a connection of "
            f"its own; {sessions.requests:g} requests and {sessions.think_s:g} s of thinking on average."
        )
    if set(scenario.protocols) != {"http1"}:
        by = ", ".join(f"{share:.0%} {name}" for name, share in scenario.protocols.items())
        notes.append(f"By protocol: {by}.")
    stream = scenario.stream
    unit = StreamUnit(
        stream.queries_per_s,
        stream.bytes_per_query,
        stream.per_connection,
        f"asks {stream.queries_per_s:g} times a second; the run has its shape, not its size",
    )
    return Metadata(
        scenario=scenario.name,
        title=scenario.title,
        simulated=False,
        seed=scenario.seed,
        scale=1.0,
        streams_peak=played.peak_per_s / stream.queries_per_s,
        stream=unit,
        policy="none: one machine, no scaling",
        commit=commit,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        regions=(REGION,),
        notes=tuple(notes),
        invalid=played.invalid,
    )


def _of_faults(played: Played) -> Iterator[str]:
    plan = played.faults
    if plan.played:
        yield f"Faults: {'; '.join(f'{one.text}, from {one.at_s:.1f} to {one.ends_s:.1f} s' for one in plan.played)}."
    if plan.callers is not None:
        shares = ", ".join(f"{region} {share:.0%}" for region, share in plan.callers.items())
        yield f"Callers by the region that they are nearest to: {shares}."
    for one in plan.left_out:
        yield f"A fault was not played: {one}."
    if played.scenario.fleet.starts_cold:
        yield "Not played: starts_cold, as the server of a live run is there before it begins."
