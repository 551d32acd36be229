"""Finds candidates in one segment: rows among which the best ones are, at the recall that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.index.forest import Forest
from shared.index.scan import exact_candidates
from shared.index.segment import Segment

# From most to least exact.
METHODS: Final = ("exact", "sketch", "forest")
# A scan of this many rows takes less than a forest that reaches a useful recall.
_SCAN_ROWS: Final = 20_000


def least_exact(methods: Sequence[str]) -> str:
    """The one method that describes a search of several segments."""
    return max(methods, key=METHODS.index, default=METHODS[0])


@dataclass(frozen=True, eq=False)
class Task:
    """What is asked of every segment. `queries` is float32 (count, dimension), of unit length under cosine."""

    queries: NDArray[np.float32]
    top_k: int
    recall: float


def find_candidates(
    segment: Segment, task: Task, live: NDArray[np.bool_] | None
) -> tuple[list[NDArray[np.int64]], str]:
    """For each query, live rows to score exactly, and the method that found them.

    `live` is bool (rows,), None when all rows are.
    """
    forest = segment.forest
    if forest is None or task.recall >= 0.99 or segment.rows <= _SCAN_ROWS:
        return exact_candidates(segment, task.queries, live, task.top_k), "exact"
    return [_from_forest(segment, forest, query, live, task.top_k) for query in task.queries], "forest"


def _from_forest(
    segment: Segment, forest: Forest, query: NDArray[np.float32], live: NDArray[np.bool_] | None, top_k: int
) -> NDArray[np.int64]:
    count, search_k = 2 * top_k, max(20_000, 400 * top_k)
    while search_k < segment.rows:
        rows = forest.nearest(query, count, search_k)
        alive = rows if live is None else rows[live[rows]]
        if len(alive) >= top_k:
            return alive[: 2 * top_k]
        count, search_k = count * 4, search_k * 4
    return exact_candidates(segment, query[None], live, top_k)[0]
