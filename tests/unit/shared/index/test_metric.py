"""Scores and the vectors that have one."""

import numpy as np
import pytest

from shared.domain.collection import Metric
from shared.errors import InvalidRequest
from shared.index.metric import checked_vectors, exact_scores, norms


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        pytest.param(Metric.COSINE, [1.0, 0.0, -1.0, 0.0], id="cosine"),
        pytest.param(Metric.DOT, [6.0, 0.0, -3.0, 0.0], id="dot"),
        pytest.param(Metric.EUCLIDEAN, [-1.0, -(13**0.5), -4.0, -3.0], id="euclidean"),
    ],
)
def test_scores_are_higher_is_closer(metric: Metric, expected: list[float]) -> None:
    """Cosine is the cosine, dot the inner product, euclidean minus the distance; a zero vector has cosine 0."""
    rows = np.array([[2, 0], [0, 2], [-1, 0], [0, 0]], np.float32)

    scores = exact_scores(rows, np.array([3, 0], np.float32), metric)

    assert scores.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("length", [1e-14, 1.0, 1e15])
def test_lengths_hold_far_from_one(length: float) -> None:
    """Lengths are summed in float64: squares neither vanish nor overflow."""
    rows = np.array([[length, 0, 0], [0, length, 0]], np.float32)

    assert norms(rows).tolist() == pytest.approx([length, length])
    assert exact_scores(rows, rows[0], Metric.COSINE).tolist() == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize(
    ("vectors", "metric"),
    [
        pytest.param([[1.0, float("nan")]], Metric.DOT, id="nan"),
        pytest.param([[1.0, float("inf")]], Metric.DOT, id="infinite"),
        pytest.param([[1.0, -2e15]], Metric.EUCLIDEAN, id="beyond what scores can hold"),
        pytest.param([[1e-20, 0.0]], Metric.COSINE, id="no direction in float32"),
        pytest.param([[1.0, 2.0, 3.0]], Metric.DOT, id="another dimension"),
    ],
)
def test_vectors_without_a_score_are_refused(vectors: list[list[float]], metric: Metric) -> None:
    """A vector whose score could be infinite, not a number or meaningless never enters."""
    with pytest.raises(InvalidRequest):
        checked_vectors(np.array(vectors, np.float32), dimension=2, metric=metric)
