"""Two servers on this machine, loaded in turns, A B B A, so that what slows the machine slows both."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from benchmarks.analysis import exit_codes
from benchmarks.analysis.paired import LEAST_PAIRS, Finding, Measure, Paired, paired
from benchmarks.live.attached import AttachedSwell
from benchmarks.live.finding import found_recall
from benchmarks.live.sides import Side, environment_of
from benchmarks.load.generator import generate_load
from benchmarks.load.job import Task
from benchmarks.load.open_loop import Offered, Sent, Stream, evenly, offer
from benchmarks.measure.process_tree import cpu_seconds
from benchmarks.peers.callers import PEAK_CONNECTIONS, PEAK_TRIES, filled_with_keys, query_posts
from benchmarks.peers.run import stopped, working_directory
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.vectors.synthetic import make_clustered
from benchmarks.vectors.vector_set import Rows, VectorSet
from shared.domain.tier import Tier

_PEAK_S: Final = 1.0
_PEAK_QUERIES: Final = 5_000
_MOST_QUERIES: Final = 20_000
"""Different queries of a visit: no two requests are alike where it has fewer, as a server that runs keeps answers."""
_STRAY: Final = 0.1
_RECALL_QUERIES: Final = 40
"""Of each pair, the same for both sides."""
_SLOWEST: Final = 0.99
_RECALL_ASKED: Final = 0.95
"""By default."""

MEASURES: Final = (
    Measure("p50, ms", "ratio", 0.05),
    Measure("p95, ms", "ratio", 0.05),
    Measure("p99, ms", "ratio", 0.05),
    Measure("slowest hundredth, mean ms", "ratio", 0.05),
    Measure("failed, share", "difference", 0.001),
    Measure("recall, up to the one asked for", "difference", 0.005, more_is_better=True),
    Measure("CPU of the server a request, ms", "ratio", 0.05),
)
"""That is what it costs, too: instances are paid by their processor time."""


@dataclass(frozen=True)
class TurnsPlan:
    """How large. `peak_share`: of what the slower side answers at most; both sides get the same rate."""

    pairs: int = LEAST_PAIRS
    seconds: float = 4.0
    peak_share: float = 0.5
    rows: int = 5_000
    dimension: int = 128
    workers: int = 1
    connections: int = 64
    key: str | None = None
    """What a server that runs already is shown."""


@dataclass(frozen=True)
class Compared:
    """Every measure; `invalid` says why the runs say nothing of the servers."""

    a: Side
    b: Side
    per_s: float
    pairs: int
    found: tuple[Paired, ...]
    invalid: str | None

    @property
    def regressions(self) -> tuple[str, ...]:
        """Measures in which B is worse."""
        return tuple(one.measure.name for one in self.found if one.finding is Finding.WORSE)

    @property
    def exit_code(self) -> int:
        """How a command that compared ends: what says nothing of the servers regresses in nothing."""
        if self.invalid is not None:
            return exit_codes.INVALID
        return exit_codes.REGRESSION if self.regressions else exit_codes.KEPT


@dataclass(frozen=True)
class _Running:
    """A side that can be asked. `asks` makes a request of each query; `pid` None: it is not ours to look at."""

    port: int
    asks: Callable[[Rows], list[bytes]]
    pid: int | None


def compare_in_turns(a: Side, b: Side, plan: TurnsPlan, note: Callable[[str], None]) -> Compared:
    """Start and fill both, then load one at a time. A side that runs already is filled, and not ended.

    Raises:
        BadSide: a commit cannot be laid out.
        ServerFailed, GeneratorFailed: a server or the load generator failed.
    """
    vectors = make_clustered(plan.rows, plan.pairs * _RECALL_QUERIES, plan.dimension)
    visits: dict[int, list[Mapping[str, float]]] = {0: [], 1: []}
    invalid = None
    with ExitStack() as stack:
        directory = stack.enter_context(working_directory())
        running = []
        for place, side in enumerate((a, b)):
            note(f"Filling {'AB'[place]} ({side.name}) with {plan.rows:,} vectors …")
            running.append(_started(side, directory / f"side-{place}", vectors, plan, stack))
        per_s = plan.peak_share * min(_peak_per_s(one, vectors, plan.pairs) for one in running)
        note(f"{plan.pairs} pairs of {plan.seconds:g} s at {per_s:,.0f} requests a second, in turns …")
        for pair in range(plan.pairs):
            for place in (0, 1) if pair % 2 == 0 else (1, 0):
                visit, sent = _visit(running[place], vectors, plan, pair, per_s)
                visits[place].append(visit)
                invalid = invalid or sent.invalid
    found = tuple(
        paired(one, *([visit[one.name] for visit in visits[place]] for place in (0, 1)))
        for one in MEASURES
        if all(one.name in visit for of in visits.values() for visit in of)
    )
    return Compared(a, b, per_s, plan.pairs, found, invalid)


def measured(offered: Mapping[str, Offered]) -> dict[str, float]:
    """What one visit tells of a server's answers; without one, only that they failed."""
    good = np.concatenate([one.good for one in offered.values()])
    latency_ms = np.concatenate([one.latency_ms for one in offered.values()])[good]
    found = {"failed, share": 1 - float(good.mean())}
    if len(latency_ms):
        for percent in (50, 95, 99):
            found[f"p{percent}, ms"] = float(np.percentile(latency_ms, percent))
        slowest = latency_ms[latency_ms >= np.quantile(latency_ms, _SLOWEST)]
        found["slowest hundredth, mean ms"] = float(slowest.mean())
    return found


def recall_kept(found: float) -> float:
    """A recall as far as it was asked for.

    What an index gives beyond that is the luck of its building: the cheapest effort is taken that was measured to do.
    Two equal servers differ by that in every pair, which no interval over pairs knows.
    """
    return min(found, _RECALL_ASKED)


def to_document(compared: Compared) -> dict[str, Any]:
    """For programs."""
    return {
        "a": compared.a.name,
        "b": compared.b.name,
        "requests_per_s": compared.per_s,
        "pairs": compared.pairs,
        "invalid": compared.invalid,
        "regressions": compared.regressions,
        "measures": [
            {
                "measure": one.measure.name,
                "kind": one.measure.kind,
                "a": one.a,
                "b": one.b,
                "change": one.change.mean,
                "low": one.change.low,
                "high": one.change.high,
                "finding": one.finding,
            }
            for one in compared.found
        ],
    }


def _started(side: Side, directory: Path, vectors: VectorSet, plan: TurnsPlan, stack: ExitStack) -> _Running:
    if side.port is not None:
        attached = AttachedSwell(side, plan.key)
        stack.enter_context(attached.filled(vectors))
        return _Running(side.port, lambda rows: query_posts(attached.port, rows, plan.key), None)
    environment = environment_of(side, directory / "source")
    directory.mkdir(exist_ok=True)
    system = SwellSystem(directory / "data", plan.workers, name=side.name, environment=environment)
    stack.enter_context(stopped([system]))
    [secret] = filled_with_keys(system, vectors, [Tier.STANDARD]).values()
    return _Running(system.port, lambda rows: query_posts(system.port, rows, secret), system.process.pid)


def _peak_per_s(running: _Running, vectors: VectorSet, pairs: int) -> float:
    """What a side answers at most of queries that it was never asked: the median of some tries."""
    task = Task(running.port, PEAK_CONNECTIONS, _PEAK_S)
    tries = (strayed(vectors, pairs + number, _PEAK_QUERIES) for number in range(PEAK_TRIES))
    return median(generate_load(task, running.asks(queries)).per_s for queries in tries)


def _visit(
    running: _Running, vectors: VectorSet, plan: TurnsPlan, pair: int, per_s: float
) -> tuple[dict[str, float], Sent]:
    due_s = evenly(per_s, plan.seconds)
    queries = strayed(vectors, pair, min(_MOST_QUERIES, len(due_s)))
    stream = Stream.in_turns("search", running.asks(queries), due_s)
    before_s = None if running.pid is None else cpu_seconds(running.pid)
    offered, sent = offer(running.port, [stream], connections=plan.connections, processes=1)
    after_s = None if running.pid is None else cpu_seconds(running.pid)
    found = measured(offered)
    if before_s is not None and after_s is not None:
        found["CPU of the server a request, ms"] = (after_s - before_s) * 1000 / len(due_s)
    asked = range(pair * _RECALL_QUERIES, (pair + 1) * _RECALL_QUERIES)
    recall = found_recall(running.port, running.asks(vectors.queries[list(asked)]), vectors, asked).mean
    found["recall, up to the one asked for"] = recall_kept(recall)
    return found, sent


def strayed(vectors: VectorSet, pair: int, count: int) -> Rows:
    """Other queries in each pair, the same for both sides: a server that keeps answers has none of them."""
    queries = vectors.queries[np.arange(count) % len(vectors.queries)]
    stray = np.random.default_rng(pair).standard_normal(queries.shape, np.float32)
    return np.asarray(queries + stray * (_STRAY / np.sqrt(vectors.dimension)), np.float32)
