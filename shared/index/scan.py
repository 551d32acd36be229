"""Exact search over vectors: one matrix product, then the few rows that rounding leaves in doubt are settled.

Ranks are float32 and higher-is-closer: the cosine, the inner product, or 2·v·q - |v|² for euclidean
(minus the squared distance, up to the query's own |q|², which is the same for every row).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.index.segment import Segment

# Rows per block: a block of ranks for 32 queries stays within the second-level cache.
_BLOCK_ROWS: Final = 65_536
_FLOAT32_UNIT: Final = 2.0**-24


def ranks(segment: Segment, queries: NDArray[np.float32], start: int, end: int) -> NDArray[np.float32]:
    """Ranks of rows start…end for queries (count, dimension): float32 (count, end - start)."""
    # Rows on the left: BLAS then walks the wide strided operand once, also for a single query.
    products = np.ascontiguousarray((segment.vectors[start:end] @ queries.T).T)
    if segment.spec.metric is Metric.COSINE:
        products *= segment.scale[start:end]
    elif segment.spec.metric is Metric.EUCLIDEAN:
        products *= 2
        products -= segment.scale[start:end]
    return products


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


def exact_candidates(
    segment: Segment, queries: NDArray[np.float32], live: NDArray[np.bool_] | None, count: int
) -> list[NDArray[np.int64]]:
    """For each query, rows that are certain to include the best `count` live ones, fewer if fewer live.

    `queries` is float32 (n, dimension), of unit length under cosine; `live` is bool (rows,), None for all.
    """
    kept_rows: list[list[NDArray[np.int64]]] = [[] for _ in queries]
    kept_ranks: list[list[NDArray[np.float32]]] = [[] for _ in queries]
    norms = np.sqrt(np.einsum("ij,ij->i", queries, queries, dtype=np.float64)).tolist()
    errors = [2 * rank_error(segment, norm) for norm in norms]
    for start in range(0, segment.rows, _BLOCK_ROWS):
        end = min(start + _BLOCK_ROWS, segment.rows)
        block = ranks(segment, queries, start, end)
        if live is not None:
            block[:, ~live[start:end]] = -np.inf
        for number, row_ranks in enumerate(block):
            best = best_of(row_ranks, count, errors[number])
            kept_rows[number].append(best + start)
            kept_ranks[number].append(row_ranks[best])
    return [
        _best_of_blocks(rows, found, count, error)
        for rows, found, error in zip(kept_rows, kept_ranks, errors, strict=True)
    ]


def best_of(row_ranks: NDArray[np.float32], count: int, slack: float) -> NDArray[np.int64]:
    """Positions of all ranks no more than `slack` below the `count`-th highest; -inf never counts."""
    if len(row_ranks) > count:
        threshold = np.partition(row_ranks, len(row_ranks) - count)[len(row_ranks) - count]
        # Rounded downward: a floor that rounds up could leave out a row that belongs.
        floor = np.nextafter(np.float32(float(threshold) - slack), np.float32(-np.inf))
        best = np.flatnonzero(row_ranks >= floor)
    else:
        best = np.arange(len(row_ranks))
    return best[row_ranks[best] > -np.inf]


def _best_of_blocks(
    rows: list[NDArray[np.int64]], found: list[NDArray[np.float32]], count: int, slack: float
) -> NDArray[np.int64]:
    if len(rows) <= 1:
        return rows[0] if rows else np.empty(0, np.int64)
    return np.concatenate(rows)[best_of(np.concatenate(found), count, slack)]
