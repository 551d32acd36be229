"""Answering reads: open the collection as new as asked, search or fetch its shards, merge."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from functions.query.snapshots import OpenCollection, Snapshots
from shared.domain.sharding import shard_of
from shared.domain.versions import VersionVector
from shared.errors import NotFound
from shared.index.answers import Answer, Record
from shared.index.merge import merge_answers
from shared.vectors import decode_vectors


@dataclass(frozen=True)
class Read:
    """What of a collection a request may see."""

    collection: str
    least_version: VersionVector
    strong: bool
    include_attributes: bool
    include_vectors: bool


@dataclass(frozen=True)
class Search:
    """Nearest records to given vectors, or to a stored record (which is then not among them)."""

    vectors: Sequence[list[float] | str]
    near_id: str | None
    top_k: int
    recall: float
    field: str = "vectors[{}]"


@dataclass(frozen=True)
class Found:
    """An answer and the version it was read at."""

    answer: Answer
    version: VersionVector


class AnswerReads:
    """The reads of the query function."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def search(self, read: Read, search: Search) -> Found:
        """The `top_k` nearest records of each query vector.

        Raises:
            InvalidRequest: a vector does not fit the collection.
            NotFound: there is no such collection, or no record `near_id`.
            VersionNotVisible: the version asked for is not committed yet.
        """
        opened = self._open(read)
        if search.near_id is None:
            return Found(self._search(opened, read, search, self._decode(opened, search), search.top_k), opened.version)
        near = self._near_vector(opened, search.near_id)
        answer = self._search(opened, read, search, near, search.top_k + 1)
        return Found(_without(answer, search.near_id, search.top_k), opened.version)

    def is_warm(self, read: Read) -> bool:
        """Whether the read can be answered from memory, without asking any store."""
        return self._snapshots.in_memory(read.collection, read.least_version, strong=read.strong)

    def fetch(self, read: Read, ids: Sequence[str]) -> tuple[list[Record | None], VersionVector]:
        """The records of these ids, None where there is none. Raises as `search`."""
        opened = self._open(read)
        by_shard: dict[int, list[str]] = {}
        for record_id in ids:
            by_shard.setdefault(shard_of(record_id, opened.collection.shards), []).append(record_id)
        found = {
            record_id: record
            for shard, shard_ids in by_shard.items()
            for record_id, record in zip(shard_ids, opened.snapshots[shard].fetch(shard_ids), strict=True)
        }
        return [found[record_id] for record_id in ids], opened.version

    def count(self, read: Read) -> tuple[OpenCollection, int]:
        """The opened collection and its live records. Raises as `search`."""
        opened = self._open(read)
        return opened, sum(snapshot.live_rows for snapshot in opened.snapshots)

    def _open(self, read: Read) -> OpenCollection:
        return self._snapshots.open(read.collection, read.least_version, strong=read.strong)

    def _decode(self, opened: OpenCollection, search: Search) -> NDArray[np.float32]:
        collection = opened.collection
        return decode_vectors(search.vectors, collection.dimension, collection.metric, field=search.field)

    def _near_vector(self, opened: OpenCollection, record_id: str) -> NDArray[np.float32]:
        shard = shard_of(record_id, opened.collection.shards)
        record = opened.snapshots[shard].fetch([record_id])[0]
        if record is None:
            raise NotFound(f"record {record_id!r} does not exist in collection {opened.collection.name!r}")
        return np.asarray(record.vector, np.float32).reshape(1, -1)

    def _search(
        self, opened: OpenCollection, read: Read, search: Search, queries: NDArray[np.float32], top_k: int
    ) -> Answer:
        parts = [
            snapshot.search(
                queries,
                top_k=top_k,
                recall=search.recall,
                include_attributes=read.include_attributes,
                include_vectors=read.include_vectors,
            )
            for snapshot in opened.snapshots
        ]
        return parts[0] if len(parts) == 1 else merge_answers(parts, top_k)


def _without(answer: Answer, record_id: str, top_k: int) -> Answer:
    """The answer to "more like this", which is not about the record itself."""
    matches = [[match for match in found if match.id != record_id][:top_k] for found in answer.matches]
    return replace(answer, matches=matches)
