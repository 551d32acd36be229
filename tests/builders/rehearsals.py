"""Records of rehearsals for tests of what reads them."""

from benchmarks.rehearsal.result import (
    Axis,
    Entry,
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

REGION = "europe-west1"


def a_run(*, points: int = 60, step_s: float = 60.0, served: float = 99.0, p99_ms: float = 40.0) -> Run:
    """A SIMULATED run of one region that is asked 100 times a second and answers `served` of them."""
    errors = 100.0 - served
    shed = {"free": _even(points, 0.0), "standard": _even(points, 0.0), "premium": _even(points, 0.0)}
    instances = Instances(*(_even(points, number) for number in (1, 1, 4, 2, 0)))
    region = RegionSeries(
        asked_rps=_even(points, 100.0),
        offered_rps=_even(points, 100.0),
        served_rps=_even(points, served),
        errors_rps=_even(points, errors),
        shed_rps=shed,
        p50_ms=_even(points, 8.0),
        p95_ms=_even(points, 20.0),
        p99_ms=_even(points, p99_ms),
        utilisation=_even(points, 0.5),
        health=_even(points, 100.0),
        queued=_even(points, 0.0),
        instances=instances,
        quota=80,
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
        serving_mode=_even(points, 0.0),
        spent=tuple(1000.0 * (step + 1) for step in range(points)),
        spend_per_hour=_even(points, 60_000.0),
        allowed_per_hour=_even(points, 1_000_000.0),
    )
    return Run(
        meta=Metadata(
            scenario="a-scenario",
            title="A scenario",
            simulated=True,
            seed=1,
            scale=1.0,
            streams_peak=10_000.0,
            stream=StreamUnit(0.01, 4096, 1.0, "a reader who asks once in 100 s"),
            policy="both",
            commit="0" * 7,
            made_at="2026-11-29T00:00:00+00:00",
            regions=(REGION,),
        ),
        axis=Axis(1_800_000_000.0, step_s, points),
        regions={REGION: region},
        world=world,
        timeline=(Entry(1_800_000_000.0, "phase", "begins"),),
        objectives=(Objective("p99_ms", 50.0, "at_most", p99_ms, p99_ms <= 50.0),),
        summary=Summary(
            survived=True,
            asked=100.0 * points * step_s,
            served=served * points * step_s,
            errors=errors * points * step_s,
            shed={"free": 0.0, "standard": 0.0, "premium": 0.0},
            asked_by_tier={"standard": 100.0 * points * step_s},
            p50_ms=8.0,
            p95_ms=20.0,
            p99_ms=p99_ms,
            p999_ms=None,
            peak_rps=100.0,
            peak_instances=2,
            cost=1000 * points,
            minutes_in_mode={"normal": points * step_s / 60},
            latency=LatencyCounts((10.0, 50.0), (50.0, 49.0)),
        ),
    )


def _even(points: int, value: float) -> Series:
    return (float(value),) * points
