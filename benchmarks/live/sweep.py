"""One server, and more and more callers who each wait for an answer before they ask again."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from benchmarks.analysis.knee import Point
from benchmarks.load.generator import generate_load
from benchmarks.load.job import Task
from benchmarks.peers.callers import filled_with_keys, query_posts
from benchmarks.peers.run import stopped, working_directory
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.vectors.synthetic import make_clustered
from shared.domain.tier import Tier

_QUERIES: Final = 50
_BUSY: Final = 0.7


@dataclass(frozen=True)
class SweepPlan:
    """`callers` rise; every round visits all of them, each second one downwards."""

    callers: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    rounds: int = 3
    seconds: float = 1.0
    rows: int = 5_000
    dimension: int = 128
    workers: int = 1


@dataclass(frozen=True)
class Swept:
    """The points of each round; `invalid` says why they are not those of the server."""

    rounds: tuple[tuple[Point, ...], ...]
    invalid: str | None


def sweep(plan: SweepPlan, note: Callable[[str], None]) -> Swept:
    """Start, fill, and go through.

    Raises:
        ServerFailed, GeneratorFailed: the server or the load generator failed.
    """
    vectors = make_clustered(plan.rows, _QUERIES, plan.dimension)
    with ExitStack() as stack:
        system = SwellSystem(stack.enter_context(working_directory()) / "swell", plan.workers)
        stack.enter_context(stopped([system]))
        note(f"Filling a server with {plan.rows:,} vectors …")
        [key] = filled_with_keys(system, vectors, [Tier.STANDARD]).values()
        requests = query_posts(system.port, vectors.queries, key)
        note(f"{plan.rounds} rounds of {', '.join(map(str, plan.callers))} callers, {plan.seconds:g} s each …")
        rounds, busy = [], 0.0
        for number in range(plan.rounds):
            found, share = _round(system.port, requests, plan, plan.callers[:: -1 if number % 2 else 1])
            rounds.append(found)
            busy = max(busy, share)
    invalid = f"the load generator used {busy:.0%} of a core: it was the bottleneck" if busy > _BUSY else None
    return Swept(tuple(rounds), invalid)


def _round(
    port: int, requests: Sequence[bytes], plan: SweepPlan, callers: Sequence[int]
) -> tuple[tuple[Point, ...], float]:
    points, busy = [], 0.0
    for count in callers:
        load = generate_load(Task(port, count, plan.seconds, warm_up_s=plan.seconds / 4), requests)
        failed = sum(load.outcome.failures.values())
        refused = failed / (failed + len(load.latencies_ms))
        points.append(Point(count, load.per_s, float(load.latencies_ms.mean()), refused))
        busy = max(busy, load.outcome.generator_cpu_share)
    return tuple(points), busy
