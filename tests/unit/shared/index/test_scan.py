"""Exact search."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.collection import Metric
from shared.index.scan import best_of
from tests.unit.shared.index.builders import (
    clustered_vectors,
    delta_of,
    index_spec,
    row_batch,
    snapshot_of,
    true_scores,
)


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=60), st.integers(1, 70), st.sampled_from([0.0, 1.5, 4.0]))
def test_best_of_keeps_the_best_and_what_is_in_doubt(values: list[int], count: int, slack: float) -> None:
    """All ranks no more than `slack` below the `count`-th highest are kept, and no other."""
    ranks = np.array(values, np.float32)
    floor = sorted(values, reverse=True)[min(count, len(values)) - 1] - slack if count < len(values) else -np.inf

    assert best_of(ranks, count, slack).tolist() == [place for place, value in enumerate(values) if value >= floor]


def test_best_of_never_counts_excluded_rows() -> None:
    """Rows at minus infinity (dead, filtered out) stay out, though too few others are there."""
    ranks = np.array([-np.inf, 3, -np.inf, 1], np.float32)

    assert best_of(ranks, 3, 0.5).tolist() == [1, 3]


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("offset", [0.0, 1000.0], ids=["around zero", "far from zero"])
def test_exact_means_exact(tmp_path: Path, metric: Metric, offset: float) -> None:
    """Scores equal brute force in float64, also where float32 ranks cancel: distances of 1 at lengths of 4,000."""
    vectors = clustered_vectors(3000, 16) + np.float32(offset)
    queries = clustered_vectors(20, 16, seed=9) + np.float32(offset)
    spec = index_spec(16, metric)
    snapshot = snapshot_of(spec, delta_of(row_batch(vectors), spec, tmp_path))

    answer = snapshot.search(queries, top_k=10, recall=1.0)

    for matches, query in zip(answer.matches, queries, strict=True):
        expected = true_scores(vectors, query, metric)[:10]
        assert [match.score for match in matches] == pytest.approx(expected, abs=2e-7, rel=1e-9)
