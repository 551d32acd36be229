"""Words: the newest entry of an id, be it a record or a tombstone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from functions.index_update.record_writes import EventWrites, Remove, Upsert
from shared.index.rows import RowBatch


@dataclass(frozen=True, eq=False)
class Word:
    """What is said last of an id. `vector` is present where the record lives and its content is known."""

    revision: int
    live: bool
    vector: NDArray[np.float32] | None = None
    attributes: Mapping[str, Any] | None = None


NOTHING: Final = Word(0, live=False)
"""The word on an id that was never written, or was deleted so long ago that its tombstone is gone."""


def latest_words(events: Sequence[EventWrites]) -> dict[str, Word]:
    """The net effect of plain events: of the writes of one id the highest revision stays, the later one on a tie."""
    latest: dict[str, Word] = {}
    for event in events:
        for write in event.records:
            held = latest.get(write.id)
            if held is None or held.revision <= write.revision:
                latest[write.id] = word_of(write.revision, write.change)
    return latest


def word_of(revision: int, change: object) -> Word:
    """The word that a whole write leaves."""
    match change:
        case Upsert(vector, attributes):
            return Word(revision, live=True, vector=vector, attributes=attributes)
        case Remove():
            return Word(revision, live=False)
        case _:
            raise TypeError(f"{type(change).__name__} is not a whole write")


def batch_of(words: Mapping[str, Word], dimension: int) -> RowBatch:
    """Words as rows and tombstones of a segment."""
    live = [(record_id, word) for record_id, word in words.items() if word.live]
    dead = [(record_id, word.revision) for record_id, word in words.items() if not word.live]
    vectors = [word.vector for _, word in live if word.vector is not None]
    return RowBatch(
        ids=[record_id for record_id, _ in live],
        vectors=np.vstack(vectors) if vectors else np.empty((0, dimension), np.float32),
        revisions=np.array([word.revision for _, word in live], np.int64),
        attributes=[word.attributes for _, word in live],
        deleted_ids=[record_id for record_id, _ in dead],
        deleted_revisions=np.array([revision for _, revision in dead], np.int64),
    )
