"""Answering reads: open the collection as new as asked, search or fetch its shards, merge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from shared.domain.collection import Collection
from shared.domain.sharding import shard_of
from shared.domain.tenancy import public_name
from shared.errors import NotFound
from shared.index.answers import Answer, Record
from shared.index.filter import Filter, parse_filter
from shared.index.merge import merge_answers
from shared.reads.heads import Freshness, SeenCollection
from shared.reads.snapshots import OpenCollection, Snapshots
from shared.vectors import decode_vectors


@dataclass(frozen=True)
class Read:
    """What of a collection a request may see. `whole` refuses an answer from which a damaged segment is missing."""

    collection: str
    freshness: Freshness
    whole: bool = False
    include_attributes: bool = False
    include_vectors: bool = False


@dataclass(frozen=True)
class Search:
    """Nearest records to given vectors, or to a stored record (which is then not among them).

    `filter` in its JSON form; `field` names one vector in error messages.
    """

    vectors: Sequence[list[float] | str]
    near_id: str | None
    top_k: int
    recall: float
    filter: Mapping[str, Any] | None = None
    field: str = "vectors[{}]"


@dataclass(frozen=True, eq=False)
class Question:
    """A search that fits the collection: `queries` is float32 of shape (count, dimension), the filter is parsed.

    `top_k` is how many the engine is asked for: of a record's neighbours one more, since it is its own nearest.
    """

    opened: OpenCollection
    read: Read
    search: Search
    queries: NDArray[np.float32]
    condition: Filter | None
    filter_text: bytes | None
    top_k: int

    def concluded(self, answer: Answer) -> Answer:
        """The answer to the search: "more like this" is not about the record itself."""
        near_id = self.search.near_id
        return answer if near_id is None else _without(answer, near_id, self.search.top_k)


@dataclass(frozen=True)
class Found:
    """An answer, and what it was read from."""

    answer: Answer
    opened: OpenCollection


class AnswerReads:
    """Searches and fetches of one process."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def open(self, read: Read) -> OpenCollection:
        """The collection that a read sees.

        Raises:
            NotFound: there is no such collection.
            VersionNotVisible: the version asked for is not committed yet.
            CorruptObject: what the read needs is damaged.
        """
        return self._snapshots.open(read.collection, read.freshness, whole=read.whole)

    def warm(self, read: Read) -> OpenCollection | None:
        """What `open` would give, if that can be had from memory, without asking any store."""
        opened = self._snapshots.in_memory(read.collection, read.freshness)
        return None if opened is None or (read.whole and not opened.is_whole) else opened

    def is_ageing(self, read: Read) -> bool:
        """Whether more than half of the time has passed for which a read may go by what is in memory."""
        return self._snapshots.is_ageing(read.collection, read.freshness)

    def search(self, read: Read, search: Search, opened: OpenCollection | None = None) -> Found:
        """The `top_k` nearest records of each query vector, in `opened` if that is given.

        Raises:
            As `open`, and:
            InvalidRequest: a vector or the filter does not fit the collection.
            NotFound: there is no record `near_id`.
        """
        question = self.question(read, search, opened or self.open(read))
        return Found(question.concluded(search_question(question)), question.opened)

    def seen(self, read: Read) -> SeenCollection:
        """The declaration and the version that a read goes by, with no segment opened. Raises as `open`."""
        return self._snapshots.seen(read.collection, read.freshness)

    def remembered(self, read: Read) -> SeenCollection | None:
        """What `seen` would give, if the state store need not be asked; else None."""
        return self._snapshots.remembered(read.collection, read.freshness)

    def question(self, read: Read, search: Search, opened: OpenCollection) -> Question:
        """The search, checked against the collection. Raises as `search`."""
        condition = parse_filter(search.filter, opened.collection.attributes) if search.filter is not None else None
        text = None if search.filter is None else orjson.dumps(search.filter, option=orjson.OPT_SORT_KEYS)
        if search.near_id is None:
            queries = decoded(opened.collection, search)
            return Question(opened, read, search, queries, condition, text, search.top_k)
        near = self._near_vector(opened, search.near_id)
        return Question(opened, read, search, near, condition, text, search.top_k + 1)

    def fetch(self, read: Read, ids: Sequence[str]) -> tuple[list[Record | None], OpenCollection]:
        """The records of these ids, None where there is none. Raises as `open`."""
        opened = self.open(read)
        by_shard: dict[int, list[str]] = {}
        for record_id in ids:
            by_shard.setdefault(shard_of(record_id, opened.collection.shards), []).append(record_id)
        found = {
            record_id: record
            for shard, shard_ids in by_shard.items()
            for record_id, record in zip(shard_ids, opened.snapshots[shard].fetch(shard_ids), strict=True)
        }
        return [found[record_id] for record_id in ids], opened

    def _near_vector(self, opened: OpenCollection, record_id: str) -> NDArray[np.float32]:
        shard = shard_of(record_id, opened.collection.shards)
        record = opened.snapshots[shard].fetch([record_id])[0]
        if record is None:
            raise NotFound(f"record {record_id!r} does not exist in collection {public_name(opened.collection.name)!r}")
        return np.asarray(record.vector, np.float32).reshape(1, -1)


def search_shards(
    opened: OpenCollection, read: Read, search: Search, queries: NDArray[np.float32], condition: Filter | None
) -> Answer:
    """One answer from all shards; `queries` is float32 of shape (count, dimension)."""
    parts = [
        snapshot.search(
            queries,
            top_k=search.top_k,
            recall=search.recall,
            include_attributes=read.include_attributes,
            include_vectors=read.include_vectors,
            filter=condition,
        )
        for snapshot in opened.snapshots
    ]
    return parts[0] if len(parts) == 1 else merge_answers(parts, search.top_k)


def search_question(question: Question) -> Answer:
    """What the engine finds; `Question.concluded` makes it the answer."""
    search = replace(question.search, top_k=question.top_k)
    return search_shards(question.opened, question.read, search, question.queries, question.condition)


def decoded(collection: Collection, search: Search) -> NDArray[np.float32]:
    """The query vectors.

    Raises:
        InvalidRequest: one of them does not fit the collection.
    """
    return decode_vectors(search.vectors, collection.dimension, collection.metric, field=search.field)


def _without(answer: Answer, record_id: str, top_k: int) -> Answer:
    """The answer to "more like this", which is not about the record itself."""
    matches = [[match for match in found if match.id != record_id][:top_k] for found in answer.matches]
    return replace(answer, matches=matches)
