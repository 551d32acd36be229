"""The rows of a segment in an order that writes do not change: by the hash of their ids, then by the ids."""

from typing import Final, NamedTuple

import numpy as np

from shared.index.ids import hash_ids
from shared.index.rowset import RowSet
from shared.index.segment import Segment

_FIRST_SLOTS: Final = 1024


class Listed(NamedTuple):
    """A row and its place in the order, which depends on its id alone."""

    hash: int
    id: str
    segment: Segment
    row: int


def listed_after(segment: Segment, among: RowSet, after: str | None, limit: int) -> list[Listed]:
    """The first `limit` rows of `among` behind the id `after`, which need not exist; from the first without it."""
    table = segment.ids
    last = None if after is None else (int(hash_ids([after])[0]), after)
    start = 0 if last is None else int(np.searchsorted(table.hashes, np.uint64(last[0]), "left"))
    found: list[Listed] = []
    slots_at_once = max(limit, _FIRST_SLOTS)
    while start < len(table) and len(found) < limit:
        # A run of equal hashes is taken whole: within it the ids decide.
        run = table.hashes[min(start + slots_at_once, len(table)) - 1]
        end = int(np.searchsorted(table.hashes, run, "right"))
        slots = table.hash_slots[start:end]
        is_chosen = slots < segment.rows
        is_chosen[is_chosen] = among.mask[slots[is_chosen]]
        rows, hashes = slots[is_chosen].astype(np.int64), table.hashes[start:end][is_chosen]
        entries = map(Listed, hashes.tolist(), table.ids_at(rows), [segment] * len(rows), rows.tolist())
        found += [entry for entry in entries if last is None or entry[:2] > last]
        start, slots_at_once = end, slots_at_once * 2
    return sorted(found, key=lambda entry: entry[:2])[:limit]
