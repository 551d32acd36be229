"""A collection in this process, written and compacted as when it is served: the search itself, without HTTP."""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from functions.index_update.settings import IndexUpdateSettings
from functions.index_update.wiring import build as build_index_update
from functions.ingest.collections import CollectionRegister
from shared.adapters.opening import open_adapters
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.domain.collection import Collection
from shared.domain.versions import VersionVector
from shared.ports.publisher import Message
from shared.reads.heads import Freshness, Heads
from shared.reads.service import AnswerReads, Read
from shared.reads.snapshots import Snapshots
from shared.settings import Settings
from shared.writes.accept import AcceptWrites, Upserts

READ: Final = Read("c", Freshness(3600.0, VersionVector({})))
_BATCH_ROWS: Final = 1000


class _Recorder:
    """Messages, for index update at the benchmark's own time."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def publish(self, messages: Sequence[Message]) -> None:
        self.messages += [each for each in messages if each.topic in {"mutations", "compactions"}]


@contextmanager
def filled(
    declared: Collection, vectors: NDArray[np.float32], attributes: Sequence[Mapping[str, Any] | None] | None = None
) -> Iterator[AnswerReads]:
    """A collection named "c" on SQLite and a directory. The id of a row is its number; every file is local."""
    with tempfile.TemporaryDirectory(prefix="swell-bench-") as name:
        directory = Path(name)
        recorder = _Recorder()
        opened = open_adapters(Settings(runtime="embedded", data_dir=directory))
        adapters = replace(opened, publisher=recorder)
        consumer = build_index_update(
            adapters, IndexUpdateSettings(runtime="embedded", data_dir=directory, cache_dir=directory / "cache")
        )
        collection, _ = CollectionRegister(adapters.state, adapters.clock).declare(declared)
        writes = AcceptWrites(adapters.state, adapters.objects, recorder, adapters.clock)
        for start in range(0, len(vectors), _BATCH_ROWS):
            rows = vectors[start : start + _BATCH_ROWS]
            own = [None] * len(rows) if attributes is None else attributes[start : start + _BATCH_ROWS]
            ids = [str(start + place) for place in range(len(rows))]
            writes.upsert(collection, Upserts(ids, rows, own), None)
            while recorder.messages:
                message = recorder.messages.pop(0)
                consumer.consume(message.data, message.attributes)

        def instance() -> tuple[AnswerReads, SegmentCache]:
            cache = SegmentCache(adapters.objects, directory / "query-cache", CacheLimits(10**10, 10**10))
            snapshots = Snapshots(Heads(adapters.state), adapters.objects, cache, monotonic_s=time.monotonic)
            return AnswerReads(snapshots), cache

        first, cache = instance()
        for snapshot in first.open(READ).snapshots:
            cache.open_all(snapshot.manifest)
        yield instance()[0]  # a second instance finds every file here: warm, not answering from ranges
