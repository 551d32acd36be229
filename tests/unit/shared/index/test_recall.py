"""Recall: what was asked for is reached, on real vectors, real questions, every metric, every filter."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.collection import AttributeType, Metric
from shared.index.build import BaseOptions
from shared.index.filter import parse_filter
from shared.index.gate import RecallGateMissed
from shared.index.snapshot import Snapshot
from tests.unit.shared.index.builders import (
    base_of,
    clustered_vectors,
    index_spec,
    recall_of,
    row_batch,
    snapshot_of,
    true_last_scores,
)
from tests.unit.shared.index.conftest import RealVectors

_TARGETS = (0.8, 0.9, 0.95, 0.99, 1.0)
# Sixty questions leave a standard error of about 0.01 on top of the 0.02 that is promised.
_ALLOWANCE = 0.02 + 0.01
_OPTIONS = BaseOptions(trees=4, calibration_questions=24, gate_questions=8, gate_tolerance=0.1)


def _snapshot(
    vectors: NDArray[np.float32],
    metric: Metric,
    directory: Path,
    attributes: Sequence[Mapping[str, Any]] | None = None,
    **declared: AttributeType,
) -> Snapshot:
    spec = index_spec(vectors.shape[1], metric, **declared)
    batch = row_batch(vectors, attributes=attributes)
    return snapshot_of(spec, base_of(batch, spec, directory, options=_OPTIONS))


def _assert_reached(snapshot: Snapshot, vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> None:
    metric = snapshot.manifest.spec.metric
    last = true_last_scores(vectors, queries, metric, 10)
    for target in _TARGETS:
        found = [snapshot.search(query, top_k=10, recall=target) for query in queries]
        recall = recall_of([answer.matches[0] for answer in found], last)

        assert recall >= target - _ALLOWANCE, f"{metric}: {recall} where {target} was asked, {found[0].method}"
        assert all(answer.recall_expected >= target for answer in found)


@pytest.mark.parametrize("metric", list(Metric))
def test_sentences(tmp_path: Path, wordnet: RealVectors, metric: Metric) -> None:
    """Questions that are not among the sentences; under dot and euclidean lengths vary as they do for words."""
    lengths = np.random.default_rng(1).lognormal(0, 0.3, size=(len(wordnet.rows), 1))
    rows = wordnet.rows * (1 if metric is Metric.COSINE else lengths.astype(np.float32))

    _assert_reached(_snapshot(rows, metric, tmp_path), rows, wordnet.queries[:60])


@pytest.mark.parametrize("metric", list(Metric))
def test_words(tmp_path: Path, glove: NDArray[np.float32], metric: Metric) -> None:
    """Words that were left out ask for their like: 50 components, fewer than bits, of very different lengths."""
    rows = np.ascontiguousarray(glove[:12_000])

    _assert_reached(_snapshot(rows, metric, tmp_path), rows, np.ascontiguousarray(glove[12_000:12_600:10]))


@pytest.mark.parametrize("metric", [Metric.COSINE, Metric.EUCLIDEAN])
def test_noise(tmp_path: Path, metric: Metric) -> None:
    """The hardest there is, vectors without structure: no method finds much, so more is scanned, and it is found."""
    random = np.random.default_rng(4)
    rows = random.normal(size=(8_000, 96)).astype(np.float32)

    _assert_reached(_snapshot(rows, metric, tmp_path), rows, random.normal(size=(60, 96)).astype(np.float32))


def test_rows_far_from_the_origin(tmp_path: Path) -> None:
    """A common component ten times the spread does not blind the sketch: it is taken out before bits are taken."""
    rows = clustered_vectors(8000, 64) + np.float32(10)
    queries = clustered_vectors(60, 64, seed=3) + np.float32(10)

    _assert_reached(_snapshot(rows, Metric.COSINE, tmp_path), rows, queries)


def test_every_selectivity(tmp_path: Path, wordnet: RealVectors) -> None:
    """From one in ten thousand to all, and for filters that go with meaning: recall stays, and so does top_k."""
    rows, queries = wordnet.rows, wordnet.queries[:40]
    order = np.random.default_rng(2).permutation(len(rows))
    # Rows nearest to one of them: a filter that keeps one subject, far from most questions.
    subject = np.argsort(np.argsort(-(rows @ rows[11])))
    attributes = [{"order": int(order[row]), "subject": int(subject[row])} for row in range(len(rows))]
    declared = {"order": AttributeType.INTEGER, "subject": AttributeType.INTEGER}
    snapshot = _snapshot(rows, Metric.COSINE, tmp_path, attributes, **declared)
    for name, ranking in (("order", order), ("subject", subject)):
        for share in (0.0001, 0.001, 0.01, 0.05, 0.1, 0.3, 0.9, 1.0):
            limit = max(1, int(share * len(rows)))
            condition = parse_filter({"range": {name: {"lt": limit}}}, declared)
            allowed = rows[ranking < limit]

            found = [snapshot.search(query, top_k=10, recall=0.95, filter=condition) for query in queries]

            assert [len(answer.matches[0]) for answer in found] == [min(10, limit)] * len(queries)
            last = true_last_scores(allowed, queries, Metric.COSINE, 10)
            recall = recall_of([answer.matches[0] for answer in found], last)
            assert recall >= 0.95 - 0.02, f"{name} below {limit}: {recall}, {found[0].method}"


def test_a_base_that_misses_its_gate_is_refused(tmp_path: Path) -> None:
    """A tolerance that no segment can meet stands for one whose forest or sketch is wrong."""
    spec = index_spec(16)
    impossible = BaseOptions(trees=2, calibration_questions=8, gate_questions=8, gate_tolerance=-0.5)

    with pytest.raises(RecallGateMissed, match=r"recall \d\.\d+ where 0\.8 was asked"):
        base_of(row_batch(clustered_vectors(500, 16)), spec, tmp_path, options=impossible)


def test_the_calibration_shows_every_method(tmp_path: Path) -> None:
    """Recall grows with effort; exact, sketch and forest are all in the manifest entry."""
    vectors = clustered_vectors(3000, 32)
    snapshot = _snapshot(vectors, Metric.DOT, tmp_path)
    calibration = snapshot.segments[0].calibration

    assert calibration is not None
    assert calibration.rows == 3000
    assert 0 < calibration.exact_batched_s <= calibration.exact_single_s
    levels = calibration.sketch
    assert [level.confidence for level in levels] == sorted(level.confidence for level in levels)
    assert levels[0].recall_10 <= levels[-1].recall_10
    assert calibration.remote[0].recall_10 <= calibration.remote[-1].recall_10
    assert calibration.forest
    assert calibration.forest[-1].recall_10 >= calibration.forest[0].recall_10
