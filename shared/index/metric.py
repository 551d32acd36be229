"""What the three metrics mean: the score a user sees, and the inputs that have one.

Scores are higher-is-closer:

* cosine: the cosine of the angle, -1…1; 0 where either vector is all zeros
* dot: the inner product
* euclidean: minus the L2 distance
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.errors import FieldProblem, InvalidRequest

# Components up to this size keep every inner product and squared distance of 4,096 of them far inside float32
# (4096 · (2·1e15)² = 1.6e34 < 3.4e38), so that no score is ever infinite.
MAX_COMPONENT: Final = 1e15
# Below this length a squared norm leaves the normal numbers of float32, and with it the direction is lost.
MIN_COSINE_NORM: Final = 1e-15


def checked_vectors(vectors: NDArray[np.float32], *, dimension: int, metric: Metric) -> NDArray[np.float32]:
    """The same vectors as C-contiguous float32 of shape (rows, dimension).

    Raises:
        InvalidRequest: another dimension, a component that is not finite or beyond `MAX_COMPONENT`,
            or, under cosine, a vector that is shorter than `MIN_COSINE_NORM` without being zero.
    """
    checked = np.ascontiguousarray(vectors, np.float32)
    if checked.ndim != 2 or checked.shape[1] != dimension:
        shape = " by ".join(str(length) for length in checked.shape)
        raise InvalidRequest(FieldProblem("vector", f"shape {shape}", f"rows of {dimension} numbers"))
    # A comparison with NaN is false, so what is not a number is refused too.
    if checked.size and not float(np.abs(checked).max()) <= MAX_COMPONENT:
        raise InvalidRequest(FieldProblem("vector", "a component out of range", f"±{MAX_COMPONENT:g}, finite"))
    if metric is Metric.COSINE:
        _check_lengths(norms(checked))
    return checked


def checked_queries(queries: NDArray[np.float32], *, dimension: int, metric: Metric) -> NDArray[np.float32]:
    """`directed` vectors that have passed `checked_vectors`; a single query may be one-dimensional.

    Raises:
        InvalidRequest: as `checked_vectors`.
    """
    # Under cosine the lengths are needed for both, and taken once.
    checked = checked_vectors(np.atleast_2d(queries), dimension=dimension, metric=Metric.DOT)
    if metric is not Metric.COSINE:
        return checked
    lengths = norms(checked)
    _check_lengths(lengths)
    return _unit(checked, lengths)


def directed(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.float32]:
    """Vectors as the metric compares them: of unit length under cosine (zero stays zero), else as they are."""
    return _unit(vectors, norms(vectors)) if metric is Metric.COSINE else vectors


def _unit(vectors: NDArray[np.float32], lengths: NDArray[np.float64]) -> NDArray[np.float32]:
    lengths[lengths == 0] = 1
    return np.asarray(vectors / lengths[:, None], np.float32)


def _check_lengths(lengths: NDArray[np.float64]) -> None:
    if np.any((lengths > 0) & (lengths < MIN_COSINE_NORM)):
        raise InvalidRequest(
            FieldProblem("vector", "a length too small to have a direction", f"0 or ≥ {MIN_COSINE_NORM:g}")
        )


def norms(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """L2 length of each row, summed in float64."""
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    return np.sqrt(squares)


def exact_scores(vectors: NDArray[np.float32], query: NDArray[np.float32], metric: Metric) -> NDArray[np.float64]:
    """The score of each row of `vectors` (rows, dimension) for one query (dimension,), or for one of its own each.

    Computed in float64.

    Every score that leaves the engine comes from here, so one pair of vectors has one score,
    whichever segment holds the row and whichever method found it.
    """
    rows = vectors.astype(np.float64)
    wanted = query.astype(np.float64)
    # Row by row: a product with the whole matrix would round differently with the number of rows.
    if metric is Metric.EUCLIDEAN:
        rows -= wanted
        squares: NDArray[np.float64] = np.vecdot(rows, rows)
        return -np.sqrt(squares)
    products: NDArray[np.float64] = np.vecdot(rows, wanted)
    if metric is Metric.DOT:
        return products
    lengths = np.sqrt(np.vecdot(rows, rows) * np.vecdot(wanted, wanted))
    cosines: NDArray[np.float64] = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return np.minimum(np.maximum(cosines, -1.0), 1.0)
