"""Rows that filters allow, kept from one search to the next: the same few filters come again and again."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.index.columns import Column
from shared.index.filter import Filter
from shared.index.filter_mask import filter_mask
from shared.index.rowset import RowSet

_ROW_BYTES: Final = 10
"""A row of a set: two bytes in masks, and eight once its members, or the others, have been listed."""
_ENTRY_BYTES: Final = 1024


class KeptRows:
    """The sets used last, up to `max_bytes` in all; safe to share between threads and snapshots.

    Whether an entry is the newest word on its id is one array a segment, which versions share until it changes. A set
    belongs to that array and to a filter: after a commit elsewhere in the shard it is still the right one.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._bytes = 0
        # A key holds the number of an object, which must therefore stay alive: the value has it.
        self._kept: OrderedDict[tuple[int, Filter], tuple[NDArray[np.bool_], RowSet]] = OrderedDict()

    def allowed(
        self, condition: Filter, columns: Mapping[str, Column], live: RowSet, winners: NDArray[np.bool_]
    ) -> RowSet:
        """The rows of `live`, those of `winners`, that pass."""
        key = (id(winners), condition)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found[1]
        rows = live.intersection(filter_mask(condition, columns))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = (winners, rows)
                self._bytes += _size_bytes(rows)
            while self._bytes > self._max_bytes:
                _, (_, dropped) = self._kept.popitem(last=False)
                self._bytes -= _size_bytes(dropped)
        return rows

    @property
    def size_bytes(self) -> int:
        """What is kept, at most: lists of members that nobody has asked for are counted too."""
        return self._bytes


def _size_bytes(rows: RowSet) -> int:
    return _ENTRY_BYTES + _ROW_BYTES * len(rows.mask)
