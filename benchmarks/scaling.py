"""How the time of a query grows with the number of vectors: `swell bench scaling`.

All sizes are filled first, each in a server of its own, and then measured in turns, so that ratios between sizes
mean something on a machine that is not quiet.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import log10
from statistics import median
from typing import Any, Final

from benchmarks.load.headroom import Capacity, measure_capacity
from benchmarks.measure.ratio import Ratio
from benchmarks.peers.comparison import Note
from benchmarks.peers.ingest import Ingested, ingest
from benchmarks.peers.rounds import MANY, Plan, Rounds, Subject, Visit
from benchmarks.peers.run import stopped, working_directory
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.system import restart
from benchmarks.vectors.synthetic import make_clustered

DIMENSION: Final = 128
MOST_GROWTH: Final = 4.0
"""The p50 of ten times as many vectors may be this many times as long."""
_QUERIES: Final = 1000
_CAPACITY_S: Final = 1.0


@dataclass(frozen=True)
class SizeReport:
    """One size. `p50_ratio` is over the smallest size, round by round; `goal` is the largest that is good enough."""

    vectors: dict[str, Any]
    ingested: Ingested
    visits: Sequence[Visit]
    p50_ms: float
    p50_ratio: Ratio
    goal: float

    @property
    def met(self) -> bool:
        """Whether the p50 grows no faster than it may."""
        return self.p50_ratio.median <= self.goal


@dataclass(frozen=True)
class ScalingPlan:
    """What is measured. `recall` is what every query asks for."""

    sizes: Sequence[int]
    dimension: int
    recall: float
    workers: int
    rounds: Plan


def measure_scaling(plan: ScalingPlan, note: Note) -> tuple[list[SizeReport], Capacity]:
    """All sizes, the smallest first, and what the load generator can do.

    Raises:
        ServerFailed, GeneratorFailed: a server or the load generator failed.
    """
    with ExitStack() as stack:
        directory = stack.enter_context(working_directory())
        names = [f"{size:,}" for size in sorted(plan.sizes)]
        systems = [SwellSystem(directory / name.replace(",", ""), plan.workers, name=name) for name in names]
        stack.enter_context(stopped(systems))
        filled = [_fill(system, size, plan, note) for system, size in zip(systems, sorted(plan.sizes), strict=True)]
        subjects = [subject for subject, _ in filled]
        capacity = measure_capacity(systems[0].query_requests(subjects[0].vectors.queries), MANY, _CAPACITY_S)
        visits = []
        for visit in Rounds(plan.rounds, capacity).run(subjects):
            visits.append(visit)
            note(f"Round {visit.round + 1} of {plan.rounds.rounds}, {visit.system}: p50 {visit.single.p50_ms:.2f} ms")
    return _reports(filled, visits), capacity


def growth_goal(size: int, smallest: int) -> float:
    """How many times as long the p50 of a size may be as that of the smallest: x4 for each x10, evenly."""
    return float(MOST_GROWTH ** log10(size / smallest))


def _fill(system: SwellSystem, size: int, plan: ScalingPlan, note: Note) -> tuple[Subject, Ingested]:
    note(f"Making {size:,} vectors and searching them exactly …")
    vectors = make_clustered(size, _QUERIES, plan.dimension)
    note(f"Ingesting {size:,} vectors …")
    restart(system)
    ingested = ingest(system, vectors)
    system.use_effort(plan.recall)
    restart(system)
    return Subject(system, vectors), ingested


def _reports(filled: Sequence[tuple[Subject, Ingested]], visits: Sequence[Visit]) -> list[SizeReport]:
    by_name = {subject.system.name: [v for v in visits if v.system == subject.system.name] for subject, _ in filled}
    smallest = filled[0][0]
    base_ms = [visit.single.p50_ms for visit in by_name[smallest.system.name]]
    reports = []
    for subject, ingested in filled:
        own = sorted(by_name[subject.system.name], key=lambda visit: visit.round)
        p50s_ms = [visit.single.p50_ms for visit in own]
        reports.append(
            SizeReport(
                vectors=subject.vectors.to_document(),
                ingested=ingested,
                visits=own,
                p50_ms=median(p50s_ms),
                p50_ratio=Ratio.of(p50s_ms, base_ms),
                goal=growth_goal(len(subject.vectors.vectors), len(smallest.vectors.vectors)),
            )
        )
    return reports
