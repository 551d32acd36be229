"""What an accepted event writes, record by record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.errors import InvalidRequest, MalformedEvent
from shared.events.mutations import Mutations
from shared.index.filter import Filter, parse_filter
from shared.index.manifest import IndexSpec
from shared.vectors import check_values, decode_rows
from shared.writes.attributes import check_attributes


@dataclass(frozen=True, eq=False)
class Upsert:
    """The record becomes this, whatever it was."""

    vector: NDArray[np.float32]
    attributes: Mapping[str, Any] | None


@dataclass(frozen=True)
class Remove:
    """The record is no more."""


@dataclass(frozen=True, eq=False)
class Patch:
    """Parts of the record change; a null attribute is removed, no vector leaves the vector as it is."""

    attributes: Mapping[str, Any]
    vector: NDArray[np.float32] | None


@dataclass(frozen=True)
class RecordWrite:
    """One write of one record; `place` is where the event names it, `if_version` what it must be at."""

    id: str
    place: int
    revision: int
    change: Upsert | Remove | Patch
    if_version: str | None = None


@dataclass(frozen=True)
class EventWrites:
    """All that one event writes. An id stands at most once."""

    event_id: str
    revision: int
    records: Sequence[RecordWrite]
    condition: Filter | None = None
    """What matches it is deleted."""
    erases: bool = False
    """Whether what it deletes is to leave no trace."""

    @property
    def is_plain(self) -> bool:
        """Whether it takes effect the same way whatever is committed: whole records, unconditionally."""
        return self.condition is None and all(
            write.if_version is None and not isinstance(write.change, Patch) for write in self.records
        )


def event_writes(event_id: str, revision: int, mutations: Mutations, spec: IndexSpec) -> EventWrites:
    """Read the payload of an event.

    Raises:
        MalformedEvent: vectors, attributes or the filter are not what the collection declares.
    """
    try:
        records = [*_upserts(mutations, revision, spec), *_updates(mutations, revision, spec)]
        condition = None if mutations.delete_filter is None else parse_filter(mutations.delete_filter, spec.attributes)
    except InvalidRequest as error:
        raise MalformedEvent(str(error)) from error
    removals = [
        RecordWrite(record_id, place, revision, Remove())
        for place, record_id in enumerate(mutations.delete_ids, start=len(records))
    ]
    return EventWrites(event_id, revision, [*records, *removals], condition, mutations.erases)


def _upserts(mutations: Mutations, revision: int, spec: IndexSpec) -> Iterator[RecordWrite]:
    ids = mutations.upsert_ids
    vectors = _decode(mutations.vectors, spec.dimension)
    attributes = mutations.attributes or [None] * len(ids)
    if not len(vectors) == len(attributes) == len(ids):
        raise MalformedEvent(f"{len(ids)} ids, {len(vectors)} vectors and {len(attributes)} attributes do not match")
    # What one event has wrong must not reach the segment that its neighbours share.
    check_values(vectors, spec.metric, "vectors[{}]".format)
    check_attributes(attributes, spec.attributes, where="attributes[{}]".format)
    for place, (record_id, vector, given) in enumerate(zip(ids, vectors, attributes, strict=True)):
        yield RecordWrite(record_id, place, revision, Upsert(vector, given), mutations.if_versions.get(record_id))


def _updates(mutations: Mutations, revision: int, spec: IndexSpec) -> Iterator[RecordWrite]:
    for place, update in enumerate(mutations.updates, start=len(mutations.upsert_ids)):
        vectors = _decode(update.vector or "", spec.dimension)
        if len(vectors) > 1:
            raise MalformedEvent(f"updates[{place}]: {len(vectors)} vectors of dimension {spec.dimension}")
        check_values(vectors, spec.metric, "updates[{}].vector".format)
        check_attributes([update.attributes], spec.attributes, where="updates[{}].attributes".format)
        vector = vectors[0] if len(vectors) else None
        yield RecordWrite(update.id, place, revision, Patch(update.attributes, vector), update.if_version)


def _decode(vectors: str, dimension: int) -> NDArray[np.float32]:
    try:
        return decode_rows(vectors, dimension)
    except ValueError as error:
        raise MalformedEvent(f"vectors are not base64 float32 rows of dimension {dimension}: {error}") from error
