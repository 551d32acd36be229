"""Each method on one segment, chosen by hand."""

from pathlib import Path

import numpy as np
import pytest

from shared.domain.collection import Metric
from shared.index.metric import directed
from shared.index.planner import Choice
from shared.index.rowset import RowSet, all_rows
from shared.index.search import Task, choose, find_candidates, least_exact
from shared.index.segment import Segment
from tests.unit.shared.index.builders import (
    base_of,
    clustered_vectors,
    delta_of,
    index_spec,
    opened,
    row_batch,
    true_scores,
)

_ROWS, _DIMENSION = 4000, 40
_VECTORS, _QUERIES = np.split(clustered_vectors(_ROWS + 20, _DIMENSION), [_ROWS])
_CHOICES = [
    pytest.param(Choice("exact", 1.0, 0.0), 1.0, id="exact"),
    pytest.param(Choice("sketch", 0.9, 0.0, confidence=0.9), 0.9, id="sketch"),
    pytest.param(Choice("forest", 0.9, 0.0, size=3000), 0.9, id="forest"),
    pytest.param(Choice("forest", 0.1, 0.0, size=1), 0.0, id="a forest that finds too few at first"),
]


def _segment(metric: Metric, directory: Path) -> Segment:
    spec = index_spec(_DIMENSION, metric)
    return opened(base_of(row_batch(_VECTORS), spec, directory), spec)


@pytest.mark.parametrize(("choice", "least_recall"), _CHOICES)
@pytest.mark.parametrize("metric", list(Metric))
def test_every_method_finds_the_nearest(tmp_path: Path, metric: Metric, choice: Choice, least_recall: float) -> None:
    """Rows come with their vectors, enough of them, at the recall of the effort."""
    segment = _segment(metric, tmp_path)
    task = Task(directed(_QUERIES, metric), 10, 0.9)

    found = find_candidates(segment, task, all_rows(_ROWS), choice)

    recalls = []
    for query, (rows, vectors) in zip(task.queries, found, strict=True):
        assert vectors.tolist() == _VECTORS[rows].tolist()
        assert len(rows) >= 10
        last = true_scores(_VECTORS, query, metric)[9]
        recalls.append(sum(score >= last - 1e-6 for score in true_scores(vectors, query, metric)[:10]) / 10)
    assert float(np.mean(recalls)) >= least_recall


@pytest.mark.parametrize(("choice", "_"), _CHOICES)
@pytest.mark.parametrize("share", [0.003, 0.1, 0.6])
def test_excluded_rows_never_take_a_place(tmp_path: Path, choice: Choice, _: float, share: float) -> None:
    """However few are allowed, as many as are wanted come back, and no other."""
    segment = _segment(Metric.COSINE, tmp_path)
    among = RowSet(np.random.default_rng(6).random(_ROWS) < share)
    task = Task(directed(_QUERIES, Metric.COSINE), min(10, among.count), 0.9, filtered=True)

    found = find_candidates(segment, task, among, choice)

    for rows, _vectors in found:
        assert len(rows) >= task.top_k
        assert bool(among.mask[rows].all())


def test_without_measurements_a_search_is_exact(tmp_path: Path) -> None:
    """A delta has no calibration and is scanned."""
    spec = index_spec(_DIMENSION)
    segment = opened(delta_of(row_batch(_VECTORS[:50]), spec, tmp_path), spec)

    assert choose(segment, Task(_QUERIES, 10, 0.5), all_rows(50)).method == "exact"


def test_the_least_exact_method_describes_a_search() -> None:
    """Several segments may be searched by several methods; an empty search is exact."""
    assert least_exact(["exact", "forest", "sketch"]) == "forest"
    assert least_exact(["exact", "sketch"]) == "sketch"
    assert least_exact([]) == "exact"
