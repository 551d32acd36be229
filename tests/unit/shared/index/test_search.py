"""Each method on one segment, chosen by hand."""

from pathlib import Path

import numpy as np
import pytest

from shared.domain.collection import Metric
from shared.index.metric import directed
from shared.index.planner import Choice
from shared.index.rowset import RowSet, all_rows
from shared.index.search import Part, Task, choose, find_candidates, find_together, least_exact
from shared.index.segment import Segment
from tests.unit.shared.index.builders import (
    base_of,
    clustered_vectors,
    delta_of,
    index_spec,
    opened,
    recall_of,
    row_batch,
    snapshot_of,
    true_last_scores,
    true_scores,
)

_ROWS, _DIMENSION = 5000, 40
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


@pytest.mark.parametrize("metric", list(Metric))
def test_segments_searched_together_hold_the_best_of_all(tmp_path: Path, metric: Metric) -> None:
    """Although one has none of them; and where nothing near can be, next to nothing is brought from there."""
    near = _segment(metric, tmp_path / "near")
    spec = index_spec(_DIMENSION, metric)
    strangers = opened(base_of(row_batch(-_VECTORS), spec, tmp_path / "far"), spec)
    task = Task(directed(_QUERIES, metric), 10, 0.99)
    choice = Choice("sketch", 0.99, 0.0, confidence=0.99)
    parts = [Part(segment, task, all_rows(_ROWS), choice) for segment in (near, strangers)]

    found = find_together(parts, task.top_k)

    recalls, both = [], np.concatenate([_VECTORS, -_VECTORS])
    for number, query in enumerate(task.queries):
        vectors = np.concatenate([each[number][1] for each in found])
        last = true_scores(both, query, metric)[9]
        recalls.append(sum(score >= last - 1e-6 for score in true_scores(vectors, query, metric)[:10]) / 10)
    assert float(np.mean(recalls)) >= 0.98
    assert sum(len(rows) for rows, _ in found[1]) < sum(len(rows) for rows, _ in found[0]) / 4


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


@pytest.mark.parametrize(
    ("rows", "queries", "recall", "method"),
    [
        pytest.param(1000, 1, 0.8, "exact", id="a small delta is scanned"),
        pytest.param(_ROWS, 1, 0.8, "sketch", id="a large one has a sketch"),
        pytest.param(_ROWS, 20, 0.8, "exact", id="many queries share one scan"),
        pytest.param(_ROWS, 1, 1.0, "exact", id="all is asked for"),
    ],
)
def test_a_delta_is_scanned_or_sketched(tmp_path: Path, rows: int, queries: int, recall: float, method: str) -> None:
    """A delta is not measured; what is cheaper follows from its size, and the choice promises the recall."""
    spec = index_spec(_DIMENSION)
    segment = opened(delta_of(row_batch(_VECTORS[:rows]), spec, tmp_path), spec)

    choice = choose(segment, Task(_QUERIES[:queries], 10, recall), all_rows(rows))

    assert choice.method == method
    assert choice.recall >= recall


@pytest.mark.parametrize("recall", [0.6, 0.8, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("metric", list(Metric))
def test_a_sketched_delta_reaches_the_recall(tmp_path: Path, metric: Metric, recall: float) -> None:
    """Without any measurement the confidence that was asked for is reached, for rows' like and for strangers."""
    spec = index_spec(_DIMENSION, metric)
    snapshot = snapshot_of(spec, delta_of(row_batch(_VECTORS), spec, tmp_path))
    strangers = np.random.default_rng(9).normal(size=(20, _DIMENSION)).astype(np.float32)
    for queries in (_QUERIES, strangers):
        found = [snapshot.search(query, top_k=10, recall=recall).matches[0] for query in queries]

        assert recall_of(found, true_last_scores(_VECTORS, queries, metric, 10)) >= recall - 0.05


def test_the_least_exact_method_describes_a_search() -> None:
    """Several segments may be searched by several methods; an empty search is exact."""
    assert least_exact(["exact", "forest", "sketch"]) == "forest"
    assert least_exact(["exact", "sketch"]) == "sketch"
    assert least_exact([]) == "exact"
