"""Ingest, index update and query on one set of adapters, with the test in the place of the broker."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from functions.index_update.settings import IndexUpdateSettings
from functions.index_update.wiring import build as build_index_update
from functions.ingest.collections import CollectionRegister
from functions.ingest.erasures import StartErasures
from shared.adapters.opening import Adapters
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.domain.collection import AttributeType, Collection, Metric
from shared.domain.versions import VersionVector
from shared.entrypoint import Consumer
from shared.erasures.erasure import Erasure
from shared.erasures.store import Erasures
from shared.events.index import SweepDueV1
from shared.events.mutations import RecordUpdate
from shared.index.answers import Record
from shared.outcomes import Outcome
from shared.ports.objects import ObjectStore
from shared.ports.publisher import Message
from shared.reads.heads import Freshness, Heads
from shared.reads.service import AnswerReads, Read, Search
from shared.reads.snapshots import Snapshots
from shared.vectors import encode_vectors
from shared.writes.accept import AcceptedWrite, AcceptWrites, Upserts
from tests.fakes.publisher import RecordingPublisher


@dataclass
class Pipeline:
    """A collection `c` of dimension 2 and everything that serves it."""

    adapters: Adapters
    publisher: RecordingPublisher
    directory: Path
    base_from_rows: int = 20_000
    shards: int = 1
    metric: Metric = Metric.EUCLIDEAN
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    collection: Collection = field(init=False)

    def __post_init__(self) -> None:
        """Declare the collection."""
        register = CollectionRegister(self.adapters.state, self.adapters.clock)
        wanted = Collection("c", "", 2, self.metric, self.shards, self.attributes)
        self.collection, _ = register.declare(wanted)
        self.writes = AcceptWrites(
            self.adapters.state, self.adapters.objects, self.adapters.publisher, self.adapters.clock
        )

    def index_update(
        self, adapters: Adapters | None = None, buckets: Mapping[str, ObjectStore] | None = None
    ) -> Consumer:
        """A fresh instance of the function; `adapters` replaces the pipeline's own, to make them fail."""
        settings = IndexUpdateSettings(
            runtime="embedded",
            data_dir=self.directory,
            cache_dir=self.directory / "cache",
            base_from_rows=self.base_from_rows,
        )
        return build_index_update(adapters or self.adapters, settings, buckets)

    def upsert(self, values: dict[str, Sequence[float]], key: str | None = None) -> AcceptedWrite:
        """Accept records given as id → vector."""
        vectors = np.array(list(values.values()), np.float32)
        attributes: list[dict[str, Any] | None] = [{"first": float(vector[0])} for vector in vectors]
        return self.writes.upsert(self.collection, Upserts(list(values), vectors, attributes), key)

    def upsert_record(
        self,
        record_id: str,
        vector: Sequence[float],
        attributes: dict[str, Any] | None = None,
        if_version: str | None = None,
    ) -> AcceptedWrite:
        """Accept one record, perhaps on a condition."""
        conditions = {} if if_version is None else {record_id: if_version}
        upserts = Upserts([record_id], np.array([vector], np.float32), [attributes], conditions)
        return self.writes.upsert(self.collection, upserts, None)

    def update(
        self,
        record_id: str,
        attributes: dict[str, Any] | None = None,
        vector: Sequence[float] | None = None,
        if_version: str | None = None,
    ) -> AcceptedWrite:
        """Accept a change to a part of a record."""
        encoded = None if vector is None else encode_vectors(np.array([vector], np.float32))
        update = RecordUpdate(id=record_id, attributes=attributes or {}, vector=encoded, if_version=if_version)
        return self.writes.update(self.collection, [update], None)

    def delete(self, *ids: str) -> AcceptedWrite:
        """Accept ids to delete."""
        return self.writes.delete(self.collection, ids, None)

    def delete_matching(self, condition: Mapping[str, Any]) -> AcceptedWrite:
        """Accept a filter to delete by."""
        return self.writes.delete_matching(self.collection, condition, None)

    def erase(self, *ids: str, matching: Mapping[str, Any] | None = None, key: str | None = None) -> Erasure:
        """Have records erased, by id or by a filter."""
        erasures = Erasures(self.adapters.state, self.adapters.clock)
        start = StartErasures(self.writes, erasures, self.adapters.publisher, self.adapters.clock)
        erasure, _ = start.erase(self.collection, list(ids) if matching is None else None, matching, key)
        return erasure

    def taken(self, topic: str) -> list[Message]:
        """The messages published to a topic since the last look."""
        return self.publisher.take(topic)

    def deliver(self, messages: Iterable[Message], consumer: Consumer | None = None) -> list[Outcome]:
        """Hand messages to index update, one after the other."""
        consumer = consumer or self.index_update()
        return [consumer.consume(message.data, message.attributes) for message in messages]

    def sweep(self, adapters: Adapters | None = None) -> Outcome:
        """Let a tick of the sweep arrive, at an instance of its own."""
        now = self.adapters.clock.now().isoformat()
        attributes = {"ce-id": now, "ce-type": SweepDueV1.type, "ce-time": now}
        return self.index_update(adapters).consume(b"{}", attributes)

    def deliver_all(self) -> None:
        """Deliver mutations and compactions until there are none."""
        consumer = self.index_update()
        while messages := [*self.taken("mutations"), *self.taken("compactions")]:
            self.deliver(messages, consumer)

    def reads(self, monotonic_s: Callable[[], float] = time.monotonic) -> AnswerReads:
        """A fresh instance of query."""
        cache = SegmentCache(self.adapters.objects, self.directory / "query-cache", CacheLimits(10**9, 10**9))
        heads = Heads(self.adapters.state, monotonic_s=monotonic_s)
        return AnswerReads(Snapshots(heads, self.adapters.objects, cache, monotonic_s=monotonic_s))

    def records(self, *ids: str) -> dict[str, Record]:
        """What a reader finds of these ids."""
        found, _ = self.reads().fetch(read(), ids)
        return {record.id: record for record in found if record is not None}

    def contents(self, ids: Sequence[str]) -> dict[str, tuple[float, ...]]:
        """What a reader finds of these ids: id → vector."""
        records, _ = self.reads().fetch(read(), ids)
        return {record.id: tuple(record.vector.tolist()) for record in records if record is not None}

    def nearest(self, vector: Sequence[float], top_k: int = 10) -> list[str]:
        """The ids nearest to a vector."""
        search = Search(vectors=[list(vector)], near_id=None, top_k=top_k, recall=1.0)
        found = self.reads().search(read(), search)
        return [match.id for match in found.answer.matches[0]]

    def live_records(self) -> int:
        """How many records a reader counts."""
        return sum(snapshot.live_rows for snapshot in self.reads().open(read()).snapshots)


def read(least: str | None = None, *, staleness_s: float = 0.0, whole: bool = False) -> Read:
    """A read of collection `c`."""
    return Read(
        collection="c",
        freshness=Freshness(staleness_s, VersionVector.parse(least) if least else VersionVector({})),
        whole=whole,
        include_attributes=True,
        include_vectors=True,
    )
