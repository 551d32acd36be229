"""Vectors, queries and exact answers; recall is counted against them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

TOP_K: Final = 10
# Two float32 sums of one cosine differ by less: rows that tie are as good as each other.
TIE: Final = 1e-5
# Neighbours that the estimate of the intrinsic dimension looks at.
_LID_NEIGHBOURS: Final = 100
_BLOCK_ROWS: Final = 50_000


@dataclass(frozen=True, eq=False)
class RawSet:
    """Vectors as their source has them, and queries, which are not among them: float32 (count, dimension)."""

    name: str
    origin: str
    vectors: Rows
    queries: Rows


@dataclass(frozen=True, eq=False)
class VectorSet:
    """Unit vectors under cosine. The id of a row is its number; queries are not among the rows.

    `neighbours` int64 (queries, 100) and `cosines` float32 of the same shape: the exact nearest rows, best first.
    """

    name: str
    origin: str
    vectors: Rows
    queries: Rows
    neighbours: NDArray[np.int64]
    cosines: Rows

    @classmethod
    def of(cls, name: str, origin: str, vectors: Rows, queries: Rows) -> Self:
        """Normalise, and search exactly for every query."""
        rows, asked = unit(vectors), unit(queries)
        neighbours, cosines = exact_neighbours(rows, asked, min(_LID_NEIGHBOURS, len(rows)))
        return cls(name, origin, rows, asked, neighbours, cosines)

    @classmethod
    def of_raw(cls, raw: RawSet) -> Self:
        """As `of`."""
        return cls.of(raw.name, raw.origin, raw.vectors, raw.queries)

    @property
    def dimension(self) -> int:
        """Components of a vector."""
        return int(self.vectors.shape[1])

    def recall(self, answers: Mapping[int, Sequence[int]], top_k: int = TOP_K) -> float:
        """The mean share of the true `top_k` nearest among the rows found, over the queries that were answered.

        A row that ties with the last true one counts as true; one that is named twice counts once.

        Raises:
            ValueError: there are no answers.
        """
        if not answers:
            raise ValueError("recall of no answers")
        return float(np.mean([self._share(query, found[:top_k], top_k) for query, found in answers.items()]))

    def is_right(self, query: int, found: Sequence[int], top_k: int = TOP_K) -> bool:
        """Whether these are the true `top_k` nearest rows of a query, ties aside."""
        return self._share(query, found[:top_k], top_k) == 1.0

    def _share(self, query: int, found: Sequence[int], top_k: int) -> float:
        cosines = self.vectors[sorted(set(found))] @ self.queries[query]
        return int(np.count_nonzero(cosines >= self.cosines[query, top_k - 1] - TIE)) / top_k

    @cached_property
    def intrinsic_dimension(self) -> float:
        """The median local intrinsic dimension at the queries: how hard the set is for an approximate index.

        The maximum-likelihood estimate on the distances to the 100 nearest (Amsaleg et al. 2015): -1 / mean of
        ln(distance / largest distance).
        """
        distances = np.sqrt(np.maximum(2 - 2 * self.cosines.astype(np.float64), 1e-12))
        estimates = -1 / np.log(distances[:, :-1] / distances[:, -1:]).mean(axis=1).clip(max=-1e-9)
        return float(np.median(estimates))

    def to_document(self) -> dict[str, Any]:
        """What was searched."""
        return {
            "name": self.name,
            "origin": self.origin,
            "rows": len(self.vectors),
            "queries": len(self.queries),
            "dimension": self.dimension,
            "metric": "cosine",
            "intrinsic_dimension": round(self.intrinsic_dimension, 1),
        }


def unit(rows: Rows) -> Rows:
    """The rows at length 1, contiguous."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def exact_neighbours(rows: Rows, queries: Rows, count: int) -> tuple[NDArray[np.int64], Rows]:
    """The `count` nearest rows of each query, best first, with their cosines."""
    best_rows = np.empty((len(queries), 0), np.int64)
    best = np.empty((len(queries), 0), np.float32)
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = queries @ rows[start : start + _BLOCK_ROWS].T
        kept = min(count, block.shape[1])
        places = np.argpartition(block, -kept, axis=1)[:, -kept:]
        best_rows = np.concatenate([best_rows, places + start], axis=1)
        best = np.concatenate([best, np.take_along_axis(block, places, axis=1)], axis=1)
        order = np.argsort(-best, axis=1, kind="stable")[:, :count]
        best_rows, best = np.take_along_axis(best_rows, order, axis=1), np.take_along_axis(best, order, axis=1)
    return best_rows, best
