"""Exact answers, recall, and how hard a set is."""

import numpy as np
import pytest

from benchmarks.vectors.vector_set import VectorSet, exact_neighbours, unit


def vector_set(vectors: list[list[float]], queries: list[list[float]]) -> VectorSet:
    """A set of a few vectors."""
    return VectorSet.of("few", "a test", np.array(vectors, np.float32), np.array(queries, np.float32))


def test_exact_neighbours_are_those_of_a_full_sort() -> None:
    """Searching in blocks finds what sorting everything finds, best first."""
    random = np.random.default_rng(1)
    rows = unit(random.standard_normal((120_000, 4), np.float32))
    queries = unit(random.standard_normal((3, 4), np.float32))

    found, cosines = exact_neighbours(rows, queries, 10)

    expected = np.argsort(-(queries @ rows.T), axis=1, kind="stable")[:, :10]
    assert np.array_equal(found, expected)
    assert np.allclose(cosines, np.take_along_axis(queries @ rows.T, expected, axis=1))


def test_recall_is_the_share_of_the_true_nearest() -> None:
    """Two of the nearest three found is two thirds, whatever else was found."""
    few = vector_set([[1, 0], [1, 0.1], [1, 0.2], [0, 1]], [[1, 0]])

    assert few.recall({0: [0, 3, 1]}, top_k=3) == pytest.approx(2 / 3)


def test_a_row_that_ties_with_the_last_true_one_counts() -> None:
    """Equal vectors are equally right: which of them is named is chance."""
    few = vector_set([[1, 0], [1, 1], [1, 1], [0, 1]], [[1, 0]])

    assert few.is_right(0, [0, 1], top_k=2)
    assert few.is_right(0, [0, 2], top_k=2)


def test_a_row_that_is_named_twice_counts_once() -> None:
    """Repeating a good answer does not make up for a missing one."""
    few = vector_set([[1, 0], [1, 0.1], [0, 1]], [[1, 0]])

    assert few.recall({0: [0, 0]}, top_k=2) == pytest.approx(0.5)


def test_recall_of_no_answers_is_an_error() -> None:
    """A server that answered nothing has no recall, least of all a good one."""
    with pytest.raises(ValueError, match="no answers"):
        vector_set([[1, 0], [0, 1]], [[1, 0]]).recall({})


def test_the_intrinsic_dimension_is_that_of_the_directions_in_use() -> None:
    """Vectors on a 4-dimensional cone in 64 dimensions count as about 3: its directions form a sphere."""
    random = np.random.default_rng(2)
    flat = np.zeros((20_200, 64), np.float32)
    flat[:, :4] = random.standard_normal((20_200, 4), np.float32)

    on_a_cone = VectorSet.of("cone", "a test", flat[200:], flat[:200])

    assert on_a_cone.intrinsic_dimension == pytest.approx(3, abs=0.5)
