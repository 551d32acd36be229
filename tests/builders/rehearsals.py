"""Records of rehearsals that are small enough to be read."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks.rehearsal.result import (
    Axis,
    Instances,
    LatencyCounts,
    Metadata,
    Objective,
    RegionSeries,
    Run,
    Series,
    StreamUnit,
    Summary,
    WorldSeries,
)

META = Metadata(
    scenario="small",
    title="A small crowd",
    simulated=True,
    seed=1,
    scale=1.0,
    streams_peak=1000.0,
    stream=StreamUnit(1.0, 100, 1.0, "asks once a second"),
    policy="both",
    commit="abc1234",
    made_at="2026-07-19T18:00:00+00:00",
    regions=("europe-west1",),
)


def small_run(asked: Sequence[float] = (100.0,) * 60, **changes: Any) -> Run:
    """A run of one region that serves all that is asked, at 10 ms; `changes` replace series of the world."""
    points = len(asked)
    rates: Series = tuple(asked)
    nothing: Series = (0.0,) * points
    ten: Series = (10.0,) * points
    instances = Instances(planned=ten, floor=ten, ceiling=(20.0,) * points, actual=ten, starting=nothing)
    region = RegionSeries(
        asked_rps=rates,
        offered_rps=rates,
        served_rps=rates,
        errors_rps=nothing,
        shed_rps={"free": nothing},
        p50_ms=ten,
        p95_ms=ten,
        p99_ms=ten,
        utilisation=(0.5,) * points,
        health=(100.0,) * points,
        queued=nothing,
        instances=instances,
        quota=20,
    )
    world = WorldSeries(
        asked_rps=rates,
        served_rps=rates,
        errors_rps=nothing,
        shed_rps={"free": nothing},
        p50_ms=ten,
        p95_ms=ten,
        p99_ms=ten,
        instances=instances,
        serving_mode=nothing,
        spent=nothing,
        spend_per_hour=nothing,
        allowed_per_hour=nothing,
    )
    total = float(sum(asked)) * 60
    summary = Summary(
        survived=True,
        asked=total,
        served=total,
        errors=0.0,
        shed={"free": 0.0},
        asked_by_tier={"free": total},
        p50_ms=10.0 if total else None,
        p95_ms=10.0 if total else None,
        p99_ms=10.0 if total else None,
        p999_ms=10.0 if total else None,
        peak_rps=max(asked),
        peak_instances=10.0,
        cost=1_000_000,
        minutes_in_mode={"normal": float(points)},
        latency=LatencyCounts((5.0, 10.0, 20.0), (0.0, total, 0.0)),
    )
    objectives = (
        Objective("p99_ms", 50.0, "at_most", summary.p99_ms, True if total else None),
        Objective("error_share", 0.001, "at_most", 0.0 if total else None, True if total else None),
    )
    axis = Axis(start_s=1_784_484_000.0, step_s=60.0, points=points)
    return Run(META, axis, {"europe-west1": region}, replace(world, **changes), (), objectives, summary)
