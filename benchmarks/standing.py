"""Standing queries: what matching a commit costs, and how soon it is heard of: `swell bench standing`.

In one process, on the runtime of `swell up`: what is measured is Swell's own work, without a network.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.vectors.synthetic import make_clustered
from functions.index_update.settings import IndexUpdateSettings
from functions.index_update.wiring import build as build_index_update
from functions.ingest.collections import CollectionRegister
from functions.stream.answering import search_all, standing_query
from functions.stream.changes import changes_between
from functions.stream.following import Following, Subscription
from functions.stream.matching import match
from functions.stream.messages import Ask
from functions.stream.outbox import Outbox
from functions.stream.standing import StandingSet
from shared.adapters.opening import open_adapters
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.domain.collection import Collection, Metric
from shared.domain.versions import VersionVector
from shared.ports.publisher import Message
from shared.reads.heads import Freshness, Heads
from shared.reads.service import AnswerReads, Read
from shared.reads.snapshots import OpenCollection, Snapshots
from shared.settings import Settings
from shared.vectors import encode_vectors
from shared.writes.accept import AcceptWrites, Upserts

_READ: Final = Read("c", Freshness(0.0, VersionVector({})))
_NOISE: Final = 0.3


@dataclass(frozen=True)
class StandingPlan:
    """How much of what. Each commit writes `batch` rows, each near some query."""

    queries: int = 10_000
    rows: int = 20_000
    dimension: int = 128
    commits: int = 20
    batch: int = 100
    top_k: int = 10
    poll_ms: int = 100


@dataclass(frozen=True)
class StandingReport:
    """Medians in milliseconds; the wait for the next look at the heads is part of commit to push."""

    queries: int
    rows: int
    first_answers_s: float
    match_ms: float
    search_ms: float
    ratio: float
    pushes: int
    push_p50_ms: float
    push_p99_ms: float


class _Recorder:
    """Accepted writes, for index update at the benchmark's own time."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def publish(self, messages: Sequence[Message]) -> None:
        self.messages += messages


class _World:
    """One collection on SQLite and a directory, written to commit by commit."""

    def __init__(self, directory: Path, plan: StandingPlan) -> None:
        self._plan = plan
        self._random = np.random.default_rng(5)
        self.vectors = make_clustered(plan.rows, plan.queries, plan.dimension)
        settings = Settings(runtime="embedded", data_dir=directory)
        adapters = open_adapters(settings)
        self._recorder = _Recorder()
        self._consumer = build_index_update(
            adapters, IndexUpdateSettings(runtime="embedded", data_dir=directory, cache_dir=directory / "cache")
        )
        declared = Collection("c", "", plan.dimension, Metric.COSINE, 1, {})
        self._collection, _ = CollectionRegister(adapters.state, adapters.clock).declare(declared)
        self._writes = AcceptWrites(adapters.state, adapters.objects, self._recorder, adapters.clock)
        cache = SegmentCache(adapters.objects, directory / "stream-cache", CacheLimits(10**9, 10**9))
        heads = Heads(adapters.state)
        self.reads = AnswerReads(Snapshots(heads, adapters.objects, cache, monotonic_s=time.monotonic))

    def fill(self) -> None:
        for start in range(0, self._plan.rows, 1000):
            self._write(f"r{start}", self.vectors.vectors[start : start + 1000])

    def commit(self, number: int) -> None:
        """Rows near as many queries."""
        near = self.vectors.queries[self._random.integers(len(self.vectors.queries), size=self._plan.batch)]
        noise = self._random.normal(size=near.shape) * np.linalg.norm(near, axis=1, keepdims=True)
        self._write(f"n{number}", (near + _NOISE * noise / np.sqrt(near.shape[1])).astype(np.float32))

    def _write(self, prefix: str, rows: NDArray[np.float32]) -> None:
        self._writes.upsert(
            self._collection, Upserts([f"{prefix}-{n}" for n in range(len(rows))], rows, [None] * len(rows)), None
        )
        for message in self._recorder.messages:
            self._consumer.consume(message.data, message.attributes)
        self._recorder.messages.clear()

    def asks(self) -> list[Ask]:
        queries = self.vectors.queries
        return [Ask(collection="c", vector=encode_vectors(query[None]), top_k=self._plan.top_k) for query in queries]


def measure_standing(plan: StandingPlan) -> StandingReport:
    """Follow, commit, and compare with asking again."""
    with tempfile.TemporaryDirectory(prefix="swell-standing-") as directory:
        world = _World(Path(directory), plan)
        world.fill()
        match_ms, search_ms = _matching(world, plan)
        first_s, delays = asyncio.run(_pushing(world, plan))
    return StandingReport(
        queries=plan.queries,
        rows=plan.rows,
        first_answers_s=first_s,
        match_ms=match_ms,
        search_ms=search_ms,
        ratio=search_ms / match_ms,
        pushes=len(delays),
        push_p50_ms=float(np.percentile(delays, 50)),
        push_p99_ms=float(np.percentile(delays, 99)),
    )


def _matching(world: _World, plan: StandingPlan) -> tuple[float, float]:
    """One product, and as many searches one by one as there are queries (a sample of them, scaled up)."""
    before: OpenCollection = world.reads.open(_READ)
    queries = [standing_query(ask, before.collection, recall=1.0, top_k=plan.top_k) for ask in world.asks()]
    standing = StandingSet(search_all(before, queries), Metric.COSINE)
    products, searches = [], []
    sample = queries[:: max(1, plan.queries // 200)]
    for number in range(5):
        world.commit(-1 - number)
        after = world.reads.open(_READ)
        changes = changes_between(before, after) or []
        started = time.perf_counter()
        match(changes, standing)
        products.append(time.perf_counter() - started)
        started = time.perf_counter()
        for query in sample:
            search_all(after, [query])
        searches.append((time.perf_counter() - started) * plan.queries / len(sample))
        standing, before = StandingSet(search_all(after, queries), Metric.COSINE), after
    return float(np.median(products)) * 1000, float(np.median(searches)) * 1000


async def _pushing(world: _World, plan: StandingPlan) -> tuple[float, list[float]]:
    following, outbox = Following(world.reads, plan.poll_ms / 1000), Outbox(spare=1_000_000)
    started = time.perf_counter()
    for number, ask in enumerate(world.asks()):
        following.add("c", Subscription(str(number), ask, 1.0, plan.top_k, outbox, lambda _: None))
    for _ in range(plan.queries):
        await outbox.get()
    first_s = time.perf_counter() - started
    delays: list[float] = []
    committed_s = 0.0

    async def hear() -> None:
        while await outbox.get() is not None:
            delays.append((time.perf_counter() - committed_s) * 1000)

    hearing = asyncio.create_task(hear())
    for number in range(plan.commits):
        await asyncio.to_thread(world.commit, number)
        committed_s, heard = time.perf_counter(), len(delays)
        while len(delays) == heard and time.perf_counter() - committed_s < 60:  # noqa: ASYNC110 - a benchmark's pace
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)
    hearing.cancel()
    await following.close()
    return first_s, delays
