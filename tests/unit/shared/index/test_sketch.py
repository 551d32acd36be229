"""Sketches: the angle from bits, the length from numbers."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.errors import CorruptObject
from shared.index.metric import directed, exact_scores
from shared.index.rowset import RowSet, all_rows
from shared.index.sketch import Sketch
from shared.index.sketch_file import open_sketch, sketch_bits, write_sketch
from tests.unit.shared.index.builders import clustered_vectors


def _sketch(vectors: NDArray[np.float32], metric: Metric, directory: Path) -> Sketch:
    write_sketch(directory / "sketch.swl", vectors, metric, seed=5)
    return open_sketch(directory / "sketch.swl", len(vectors), vectors.shape[1], metric)


@pytest.mark.parametrize(("dimension", "bits"), [(2, 256), (50, 256), (256, 256), (300, 320), (384, 384), (4096, 1024)])
def test_bits_follow_the_dimension(dimension: int, bits: int) -> None:
    """One bit per component in whole words, at least 256, at most 1,024."""
    assert sketch_bits(dimension) == bits


@pytest.mark.parametrize("metric", list(Metric))
def test_the_nearest_rows_are_among_those_proposed(tmp_path: Path, metric: Metric) -> None:
    """Lengths differ by a factor of four, and for every metric the best rows stand high in the sketch's order."""
    vectors, queries = clustered_vectors(4000, 48), clustered_vectors(30, 48, seed=8)
    sketch = _sketch(vectors, metric, tmp_path)
    found = 0
    for query in directed(queries, metric):
        truth = np.argsort(-exact_scores(vectors, query, metric))[:10]
        rows, _ = sketch.rank(sketch.project(query[None])[0], all_rows(4000)).best(400)
        found += len(np.intersect1d(truth, rows))

    assert found >= 0.95 * 300


@pytest.mark.parametrize("metric", list(Metric))
def test_the_finer_estimate_orders_better_than_bits(tmp_path: Path, metric: Metric) -> None:
    """Of 60 rows chosen by it more are true neighbours than of 60 chosen by bits."""
    vectors, queries = clustered_vectors(4000, 48), clustered_vectors(30, 48, seed=8)
    sketch = _sketch(vectors, metric, tmp_path)
    by_bits = by_estimate = 0
    for query in directed(queries, metric):
        truth = np.argsort(-exact_scores(vectors, query, metric))[:30]
        projected = sketch.project(query[None])[0]
        ranking = sketch.rank(projected, all_rows(4000))
        pool, _ = ranking.best(800)
        by_bits += len(np.intersect1d(truth, ranking.best(60)[0]))
        by_estimate += len(np.intersect1d(truth, sketch.refine(projected, pool, 60)))

    assert by_estimate > by_bits


def test_the_estimate_of_a_product_is_unbiased(tmp_path: Path) -> None:
    """The finer estimate is the inner product with the centred query, bias included, without drift."""
    vectors = clustered_vectors(3000, 64)
    sketch = _sketch(vectors, Metric.DOT, tmp_path)
    query = clustered_vectors(1, 64, seed=3)[0]

    estimates = sketch.estimates(sketch.project(query[None])[0], np.arange(3000))

    mean = vectors.mean(axis=0)
    true = (vectors - mean) @ (query - mean) + (vectors - mean) @ mean
    slope = float(np.polyfit(true, estimates, 1)[0])
    assert slope == pytest.approx(1.0, abs=0.03)
    assert float(np.mean(estimates - true)) == pytest.approx(0.0, abs=0.05 * float(true.std()))


@pytest.mark.parametrize("rows_in_all", [40, 3000])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.3, 0.7, 0.999])
@pytest.mark.parametrize("metric", [Metric.COSINE, Metric.DOT])
def test_only_allowed_rows_are_proposed(tmp_path: Path, metric: Metric, share: float, rows_in_all: int) -> None:
    """Whatever part of the rows is allowed: enough of them, no other, and the best."""
    vectors = clustered_vectors(rows_in_all, 32)
    sketch = _sketch(vectors, metric, tmp_path)
    mask = np.random.default_rng(2).random(rows_in_all) < share
    query = sketch.project(directed(vectors[:1], metric))[0]

    ranking = sketch.rank(query, RowSet(mask))
    rows, reached = ranking.best(50)
    rest = ranking.between(-np.inf, reached)

    assert len(rows) >= min(50, int(mask.sum()))
    assert sorted([*rows.tolist(), *rest.tolist()]) == np.flatnonzero(mask).tolist()
    ranks = sketch.ranks(query)
    if len(rest):
        assert ranks[rows].min() > ranks[rest].max()


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95])
def test_as_many_of_the_nearest_stand_above_the_needed_rank_as_promised(
    tmp_path: Path, metric: Metric, confidence: float
) -> None:
    """Also for queries unlike any row: of rows as close as the tenth nearest, that share reaches the rank."""
    vectors = clustered_vectors(6000, 48)
    sketch = _sketch(vectors, metric, tmp_path)
    above = []
    for query in directed(clustered_vectors(80, 48, seed=77), metric):
        nearest = np.argsort(-exact_scores(vectors, query, metric))[:10]
        projected = sketch.project(query[None])[0]
        centred = directed(vectors[nearest[-1:]], metric) - sketch.mean
        needed = sketch.needed_rank(
            projected, nearest[-1:], np.asarray(centred @ projected.centred, np.float32), confidence
        )
        above.append(float(sketch.ranks(projected)[nearest[-1]] >= needed))

    assert float(np.mean(above)) == pytest.approx(confidence, abs=0.15)


def test_lengths_count_where_they_differ(tmp_path: Path) -> None:
    """Unit vectors are ordered by angle alone; vectors of differing lengths under dot are not."""
    vectors = clustered_vectors(2000, 32)

    assert _sketch(vectors, Metric.COSINE, tmp_path).by_angle_alone
    assert not _sketch(vectors, Metric.DOT, tmp_path).by_angle_alone


def test_constant_and_zero_rows_can_be_sketched(tmp_path: Path) -> None:
    """Nothing divides by zero where all rows are the same."""
    sketch = _sketch(np.zeros((40, 8), np.float32), Metric.COSINE, tmp_path)

    query = sketch.project(np.ones((1, 8), np.float32))[0]
    rows = sketch.refine(query, np.arange(40), 40)

    assert np.isfinite(sketch.needed_rank(query, rows[:3], np.zeros(3, np.float32), 0.9))

    assert len(rows) == 40


def test_a_sketch_of_another_segment_is_refused(tmp_path: Path) -> None:
    """Metric, rows and dimension must be those of the manifest."""
    write_sketch(tmp_path / "s.swl", clustered_vectors(100, 16), Metric.COSINE, seed=1)

    for rows, dimension, metric in ((100, 16, Metric.DOT), (99, 16, Metric.COSINE), (100, 17, Metric.COSINE)):
        with pytest.raises(CorruptObject, match=r"s\.swl"):
            open_sketch(tmp_path / "s.swl", rows, dimension, metric)
