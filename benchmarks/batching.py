"""Throughput with and without batching: `swell bench batching`.

Two servers on the same vectors, one of which answers every query by itself, are visited in turns.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.load.generator import generate_load
from benchmarks.load.job import Task
from benchmarks.measure.ratio import Ratio
from benchmarks.peers.comparison import Note
from benchmarks.peers.ingest import ingest
from benchmarks.peers.run import stopped, working_directory
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.system import restart
from benchmarks.vectors.synthetic import make_clustered

_QUERIES: Final = 500


@dataclass(frozen=True)
class BatchingPlan:
    """What is measured."""

    rows: int = 20_000
    dimension: int = 128
    recall: float = 1.0
    connections: Sequence[int] = (1, 16, 64)
    rounds: int = 3
    seconds: float = 2.0


@dataclass(frozen=True)
class BatchingReport:
    """Requests a second at so many connections, and their ratio (with ÷ without), round by round."""

    connections: int
    with_per_s: Sequence[float]
    without_per_s: Sequence[float]
    ratio: Ratio


def measure_batching(plan: BatchingPlan, note: Note) -> list[BatchingReport]:
    """Every number of connections.

    Raises:
        ServerFailed, GeneratorFailed: a server or the load generator failed.
    """
    vectors = make_clustered(plan.rows, _QUERIES, plan.dimension)
    with ExitStack() as stack:
        directory = stack.enter_context(working_directory())
        systems = {
            most: SwellSystem(directory / f"most{most}", 1, environment={"SWELL_BATCH_AT_MOST": most})
            for most in ("100", "1")
        }
        stack.enter_context(stopped(list(systems.values())))
        for most, system in systems.items():
            note(f"Filling the server that answers up to {most} at once …")
            restart(system)
            ingest(system, vectors)
            system.use_effort(plan.recall)
        seen: dict[tuple[int, str], list[float]] = {}
        for number in range(plan.rounds):
            for connections in plan.connections:
                for most, system in sorted(systems.items(), reverse=number % 2 == 1):
                    task = Task(system.port, connections, plan.seconds, warm_up_s=0.3)
                    load = generate_load(task, system.query_requests(vectors.queries))
                    seen.setdefault((connections, most), []).append(load.per_s)
            note(f"Round {number + 1} of {plan.rounds}")
    return [
        BatchingReport(
            connections,
            seen[connections, "100"],
            seen[connections, "1"],
            Ratio.of(seen[connections, "100"], seen[connections, "1"]),
        )
        for connections in plan.connections
    ]


def cells(reports: Sequence[BatchingReport]) -> list[list[str]]:
    """A line for each number of connections."""
    return [
        [
            str(one.connections),
            f"{median(one.with_per_s):,.0f}",
            f"{median(one.without_per_s):,.0f}",
            f"{one.ratio.median:.2f}",
            f"{one.ratio.smallest:.2f} to {one.ratio.largest:.2f}",
        ]
        for one in reports
    ]
