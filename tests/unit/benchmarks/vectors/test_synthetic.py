"""Vectors from a seed."""

import numpy as np

from benchmarks.vectors.synthetic import HARD_DIMENSION, make_clustered, make_hard
from benchmarks.vectors.vector_set import VectorSet


def test_the_hard_set_is_the_same_every_time() -> None:
    """Figures of two runs are about the same vectors."""
    first, second = make_hard(500, 20), make_hard(500, 20)

    assert np.array_equal(first.vectors, second.vectors)
    assert first.vectors.shape == (500, HARD_DIMENSION)
    assert first.queries.shape == (20, HARD_DIMENSION)


def test_queries_are_not_among_the_rows() -> None:
    """A query that is stored is found by any index."""
    for made in (VectorSet.of_raw(make_hard(500, 20)), make_clustered(500, 20, 32)):
        assert made.cosines[:, 0].max() < 0.999999


def test_clusters_are_as_dense_at_every_size() -> None:
    """The neighbours of a query are as close among ten times as many rows: only their number grows."""
    small, large = make_clustered(2_000, 50, 64), make_clustered(20_000, 50, 64)

    assert abs(float(np.median(small.cosines[:, 9])) - float(np.median(large.cosines[:, 9]))) < 0.05
    assert "20 clusters" in large.origin
