"""Listing the records of a collection a page at a time, and counting them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.index.filter import Filter, parse_filter
from shared.index.paging import Listed
from shared.index.segment import Segment
from shared.reads.service import Read
from shared.reads.snapshots import OpenCollection


@dataclass(frozen=True)
class ListedRecord:
    """A stored record; attributes and vector only where they were asked for, `revision` in microseconds."""

    id: str
    revision: int
    attributes: Mapping[str, Any] | None
    vector: NDArray[np.float32] | None


@dataclass(frozen=True)
class Page:
    """Some records, and the id behind which the next page begins; None where nothing is left."""

    records: list[ListedRecord]
    next: str | None


def count_records(opened: OpenCollection, filter_: Mapping[str, Any] | None) -> int:
    """The live records of all shards that match.

    Raises:
        InvalidRequest: the filter does not fit the collection.
    """
    condition = _condition(opened, filter_)
    return sum(rows.count for snapshot in opened.snapshots for rows in snapshot.allowed(condition))


def list_records(
    opened: OpenCollection, read: Read, filter_: Mapping[str, Any] | None, after: str | None, limit: int
) -> Page:
    """Up to `limit` records that match, behind the id `after`.

    The order depends on ids alone: page by page, also at later versions, every record that is there all the while is
    listed exactly once.

    Raises:
        InvalidRequest: the filter does not fit the collection.
        DependencyUnavailable: vectors that are not local could not be fetched.
    """
    condition = _condition(opened, filter_)
    entries = [entry for snapshot in opened.snapshots for entry in snapshot.page(after, limit + 1, condition)]
    entries.sort(key=lambda entry: entry[:2])
    shown = entries[:limit]
    return Page(_records(shown, read), shown[-1].id if len(entries) > limit else None)


def _condition(opened: OpenCollection, filter_: Mapping[str, Any] | None) -> Filter | None:
    return None if filter_ is None else parse_filter(filter_, opened.collection.attributes)


def _records(entries: Sequence[Listed], read: Read) -> list[ListedRecord]:
    vectors = _vectors(entries) if read.include_vectors else {}
    return [
        ListedRecord(
            entry.id,
            int(entry.segment.ids.revisions[entry.row]),
            entry.segment.attributes.shown(entry.row) if read.include_attributes else None,
            vectors.get(entry.id),
        )
        for entry in entries
    ]


def _vectors(entries: Sequence[Listed]) -> dict[str, NDArray[np.float32]]:
    """By id; those of one segment are read together."""
    by_segment: dict[Segment, list[Listed]] = {}
    for entry in entries:
        by_segment.setdefault(entry.segment, []).append(entry)
    return {
        entry.id: vector
        for segment, own in by_segment.items()
        for entry, vector in zip(own, segment.vectors_of(np.array([one.row for one in own])), strict=True)
    }
