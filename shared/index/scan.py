"""Exact search over vectors: one matrix product, then the few rows that rounding leaves in doubt are settled.

Ranks are float32 and higher-is-closer: the cosine, the inner product, or 2·v·q - |v|² for euclidean
(minus the squared distance, up to the query's own |q|², which is the same for every row).
"""

from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.index.metric import norms
from shared.index.planner import GATHER_COST
from shared.index.rowset import RowSet
from shared.index.segment import Segment
from shared.index.topk import best_of

# Rows per block: bounds the memory of a batch of 100 queries to 26 MB of ranks.
_BLOCK_ROWS: Final = 65_536
# Rows gathered at once: their copy (6 MB at 384 components) stays near the cache.
_GATHER_ROWS: Final = 4096
_FLOAT32_UNIT: Final = 2.0**-24


def exact_candidates(
    segment: Segment, queries: NDArray[np.float32], among: RowSet, count: int
) -> list[NDArray[np.int64]]:
    """For each query, rows that are certain to include the best `count` of a set; all where it has fewer.

    `queries` is float32 (n, dimension), of unit length under cosine. Where the set is small its rows are gathered;
    else all rows are read, in place.
    """
    best = [_Best(count, 2 * rank_error(segment, norm)) for norm in norms(queries).tolist()]
    if among.count * GATHER_COST < segment.rows:
        for start in range(0, among.count, _GATHER_ROWS):
            rows = among.members[start : start + _GATHER_ROWS]
            products = np.ascontiguousarray((segment.vectors_of(rows) @ queries.T).T)
            for ranks, kept in zip(_scaled(segment, products, segment.scale[rows]), best, strict=True):
                kept.add(rows, ranks)
    else:
        for start in range(0, segment.rows, _BLOCK_ROWS):
            rows = np.arange(start, min(start + _BLOCK_ROWS, segment.rows))
            block = _rank_block(segment, queries, start, len(rows))
            if not among.is_whole:
                block[:, ~among.mask[start : start + len(rows)]] = -np.inf
            for ranks, kept in zip(block, best, strict=True):
                kept.add(rows, ranks)
    return [kept.rows() for kept in best]


def best_places(
    segment: Segment,
    rows: NDArray[np.int64],
    vectors: NDArray[np.float32],
    query: NDArray[np.float32],
    count: int,
) -> NDArray[np.int64]:
    """Places in `rows`, whose vectors are given, of those that are certain to include the best `count`."""
    return best_of(ranks_of(segment, rows, vectors, query), count, 2 * rank_error(segment, length_of(query)))


def length_of(query: NDArray[np.float32]) -> float:
    """The L2 length of one query, near enough for a bound."""
    return sqrt(query @ query)


def ranks_of(
    segment: Segment, rows: NDArray[np.int64], vectors: NDArray[np.float32], query: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Ranks of some rows, whose vectors are given, for one query, float32 (rows,)."""
    products = vectors @ query
    return products if segment.spec.metric is Metric.DOT else _scaled(segment, products, segment.scale[rows])


def rank_rows(
    segment: Segment, rows: NDArray[np.int64], queries: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Ranks of some rows for queries (n, dimension), float32 (n, rows), and the vectors of these rows."""
    vectors = segment.vectors_of(rows)
    return _scaled(segment, np.ascontiguousarray((vectors @ queries.T).T), segment.scale[rows]), vectors


def rank_all(segment: Segment, queries: NDArray[np.float32]) -> NDArray[np.float32]:
    """Ranks of all rows for queries (n, dimension): float32 (n, rows)."""
    return _rank_block(segment, queries, 0, segment.rows)


def rank_error(segment: Segment, query_norm: float) -> float:
    """How far a rank may lie from its true value.

    A float32 sum of n products errs by at most n·u·|v|·|q| (Higham, Accuracy and Stability, §3.1), u = 2^-24.
    """
    unit = (segment.spec.dimension + 4) * _FLOAT32_UNIT
    if segment.spec.metric is Metric.COSINE:
        return unit
    if segment.spec.metric is Metric.DOT:
        return unit * segment.longest * query_norm
    return unit * segment.longest * (2 * query_norm + segment.longest)


def _rank_block(segment: Segment, queries: NDArray[np.float32], start: int, count: int) -> NDArray[np.float32]:
    block = segment.local_vectors[start : start + count]
    # Rows on the left: BLAS then walks the wide strided operand once, also for a single query.
    products = np.ascontiguousarray((block @ queries.T).T)
    return _scaled(segment, products, segment.scale[start : start + count])


def _scaled(segment: Segment, products: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    if segment.spec.metric is Metric.COSINE:
        products *= scale
    elif segment.spec.metric is Metric.EUCLIDEAN:
        products *= 2
        products -= scale
    return products


class _Best:
    """The best rows of one query, block after block."""

    def __init__(self, count: int, slack: float) -> None:
        self._count = count
        self._slack = slack
        self._rows: list[NDArray[np.int64]] = []
        self._ranks: list[NDArray[np.float32]] = []

    def add(self, rows: NDArray[np.int64], ranks: NDArray[np.float32]) -> None:
        best = best_of(ranks, self._count, self._slack)
        self._rows.append(rows[best])
        self._ranks.append(ranks[best])

    def rows(self) -> NDArray[np.int64]:
        if len(self._rows) <= 1:
            return self._rows[0] if self._rows else np.empty(0, np.int64)
        return np.concatenate(self._rows)[best_of(np.concatenate(self._ranks), self._count, self._slack)]
