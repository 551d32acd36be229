"""A set of rows of one segment: those that are live, or that pass a filter."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RowSet:
    """Some rows of a segment. `mask` is bool (rows,)."""

    mask: NDArray[np.bool_]

    @cached_property
    def count(self) -> int:
        """Rows in the set."""
        return int(np.count_nonzero(self.mask))

    @cached_property
    def members(self) -> NDArray[np.int64]:
        """Rows in the set, rising."""
        return np.flatnonzero(self.mask)

    @cached_property
    def others(self) -> NDArray[np.int64]:
        """Rows of the segment that are not in the set, rising."""
        return np.flatnonzero(~self.mask)

    @property
    def is_whole(self) -> bool:
        """Whether every row is in the set."""
        return self.count == len(self.mask)

    def intersection(self, mask: NDArray[np.bool_]) -> "RowSet":
        """The rows that `mask` has too."""
        return RowSet(mask if self.is_whole else self.mask & mask)


def all_rows(rows: int) -> RowSet:
    """Every row of a segment."""
    mask = np.ones(rows, np.bool_)
    mask.setflags(write=False)
    return RowSet(mask)
