"""Mutations of several events as one batch of rows: of the writes of one id, the highest revision stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.errors import MalformedEvent
from shared.events.mutations import Mutations
from shared.index.rows import RowBatch
from shared.vectors import decode_rows


@dataclass(frozen=True)
class RowWrite:
    """One write of one record; no vector means that it is deleted."""

    revision: int
    vector: NDArray[np.float32] | None
    attributes: Mapping[str, Any] | None


def row_writes(revision: int, mutations: Mutations, dimension: int) -> dict[str, RowWrite]:
    """The writes of one event by record id.

    Raises:
        MalformedEvent: vectors or attributes do not match their ids.
    """
    try:
        vectors = decode_rows(mutations.vectors, dimension)
    except ValueError as error:
        raise MalformedEvent(f"vectors are not base64 float32 rows of dimension {dimension}: {error}") from error
    attributes = mutations.attributes or [None] * len(mutations.upsert_ids)
    if not len(vectors) == len(attributes) == len(mutations.upsert_ids):
        raise MalformedEvent(
            f"{len(mutations.upsert_ids)} ids, {len(vectors)} vectors and {len(attributes)} attributes do not match"
        )
    upserts = {
        record_id: RowWrite(revision, vector, given)
        for record_id, vector, given in zip(mutations.upsert_ids, vectors, attributes, strict=True)
    }
    return {**upserts, **dict.fromkeys(mutations.delete_ids, RowWrite(revision, None, None))}


def combine(events: Sequence[Mapping[str, RowWrite]], dimension: int) -> RowBatch:
    """The net effect of some events, later events winning ties."""
    latest: dict[str, RowWrite] = {}
    for event in events:
        for record_id, write in event.items():
            held = latest.get(record_id)
            if held is None or held.revision <= write.revision:
                latest[record_id] = write
    upserts = [(record_id, write) for record_id, write in latest.items() if write.vector is not None]
    deletes = [(record_id, write.revision) for record_id, write in latest.items() if write.vector is None]
    vectors = [write.vector for _, write in upserts if write.vector is not None]
    return RowBatch(
        ids=[record_id for record_id, _ in upserts],
        vectors=np.vstack(vectors) if vectors else np.empty((0, dimension), np.float32),
        revisions=np.array([write.revision for _, write in upserts], np.int64),
        attributes=[write.attributes for _, write in upserts],
        deleted_ids=[record_id for record_id, _ in deletes],
        deleted_revisions=np.array([revision for _, revision in deletes], np.int64),
    )
