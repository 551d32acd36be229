"""Vectors that are not local yet: where they stand in the forest file, and how few reads bring them.

A segment opens with its row file and sketch while the forest file is still on its way. Search then chooses a hundred
rows by the sketch and asks a `FetchVectors` for their vectors: one ranged read each, neighbours in one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from shared.errors import DependencyUnavailable
from shared.index.forest import ForestLayout

# Reading this much more takes a tenth of a millisecond at 100 MB/s, far less than what one more request costs.
_GAP_BYTES: Final = 16_384


class FetchVectors(Protocol):
    """Brings vectors of rows of one segment: int64 (count,) in, float32 (count, dimension) out, in that order."""

    def __call__(self, rows: NDArray[np.int64], /) -> NDArray[np.float32]:
        """Raises DependencyUnavailable where they cannot be had."""


@dataclass(frozen=True)
class ByteRange:
    """Bytes of a file: from `start`, `length` of them."""

    start: int
    length: int


ReadRanges = Callable[[Sequence[ByteRange]], Sequence[bytes]]


@dataclass(frozen=True)
class RangedVectors:
    """Fetches vectors by ranged reads of a forest file. `read` answers all ranges, in order, side by side."""

    layout: ForestLayout
    dimension: int
    read: ReadRanges

    def __call__(self, rows: NDArray[np.int64], /) -> NDArray[np.float32]:
        """The vectors of some rows."""
        wanted, place = np.unique(rows, return_inverse=True)
        groups = _neighbours(wanted, max(1, _GAP_BYTES // self.layout.node_bytes))
        ranges = [self._range(int(group[0]), int(group[-1])) for group in groups]
        blocks = self.read(ranges) if ranges else []
        vectors = [self._cut(group, block) for group, block in zip(groups, blocks, strict=True)]
        found = np.concatenate(vectors) if vectors else np.empty((0, self.dimension), np.float32)
        return np.ascontiguousarray(found[place])

    def _range(self, first: int, last: int) -> ByteRange:
        start = first * self.layout.node_bytes + self.layout.header_bytes
        return ByteRange(start, (last - first) * self.layout.node_bytes + 4 * self.dimension)

    def _cut(self, group: NDArray[np.int64], block: bytes) -> NDArray[np.float32]:
        expected = self._range(int(group[0]), int(group[-1])).length
        if len(block) != expected:
            raise DependencyUnavailable(f"a ranged read gave {len(block)} bytes in place of {expected}")
        count = int(group[-1] - group[0]) + 1
        shape, strides = (count, self.dimension), (self.layout.node_bytes, 4)
        vectors: NDArray[np.float32] = np.ndarray(shape, np.dtype("<f4"), block, 0, strides)
        chosen: NDArray[np.float32] = vectors[group - group[0]]
        return chosen


def _neighbours(rows: NDArray[np.int64], gap_rows: int) -> list[NDArray[np.int64]]:
    """Rising rows, cut where the distance to the next is more than `gap_rows`."""
    if not len(rows):
        return []
    return np.split(rows, np.flatnonzero(np.diff(rows) > gap_rows) + 1)
