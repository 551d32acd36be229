"""Exact search."""

from pathlib import Path

import numpy as np
import pytest

from shared.domain.collection import Metric
from tests.unit.shared.index.builders import (
    clustered_vectors,
    delta_of,
    index_spec,
    row_batch,
    snapshot_of,
    true_scores,
)


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
