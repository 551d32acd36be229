"""Exact search."""

from pathlib import Path

import numpy as np
import pytest

from shared.domain.collection import Metric
from shared.index.metric import directed, exact_scores
from shared.index.rowset import RowSet
from shared.index.scan import exact_candidates
from tests.unit.shared.index.builders import (
    clustered_vectors,
    delta_of,
    index_spec,
    opened,
    row_batch,
    snapshot_of,
    true_scores,
)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("metric", list(Metric))
def test_blocks_do_not_change_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metric: Metric, share: float
) -> None:
    """Rows are read in blocks, all in place or chosen ones gathered: the best of all blocks are the best of all."""
    monkeypatch.setattr("shared.index.scan._BLOCK_ROWS", 97)
    monkeypatch.setattr("shared.index.scan._GATHER_ROWS", 31)
    vectors, spec = clustered_vectors(2000, 12), index_spec(12, metric)
    segment = opened(delta_of(row_batch(vectors), spec, tmp_path), spec)
    mask = np.random.default_rng(3).random(2000) < share

    found = exact_candidates(segment, directed(vectors[:5], metric), RowSet(mask), 10)

    for query, rows in zip(vectors[:5], found, strict=True):
        assert bool(mask[rows].all())
        best = sorted(exact_scores(vectors[rows], query, metric).tolist(), reverse=True)[:10]
        assert best == pytest.approx(true_scores(vectors[mask], query, metric)[:10], abs=1e-6)


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
