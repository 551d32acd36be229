"""Building segments."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from annoy import AnnoyIndex

from shared.domain.collection import Metric
from shared.errors import DependencyUnavailable, InvalidRequest
from shared.index.forest import build_forest, open_forest
from shared.index.segment import verify_files
from tests.unit.shared.index.builders import QUICK, base_of, clustered_vectors, delta_of, index_spec, opened, row_batch


@pytest.mark.parametrize("metric", list(Metric))
def test_the_same_rows_give_the_same_segment(tmp_path: Path, metric: Metric) -> None:
    """Segments are named by content, so a build that is repeated after a crash changes nothing."""
    batch, spec = row_batch(clustered_vectors(900, 24)), index_spec(24, metric)

    first, second = base_of(batch, spec, tmp_path / "a"), base_of(batch, spec, tmp_path / "b")

    assert first.entry.files == second.entry.files
    assert first.entry.id == second.entry.id
    assert len(first.entry.id) == 32


def test_other_rows_give_another_segment(tmp_path: Path) -> None:
    """A revision alone makes a difference."""
    vectors, spec = clustered_vectors(5, 4), index_spec(4)

    first = delta_of(row_batch(vectors, revision=1), spec, tmp_path / "a")
    second = delta_of(row_batch(vectors, revision=2), spec, tmp_path / "b")

    assert first.entry.id != second.entry.id


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("kind", ["delta", "base"])
def test_vectors_come_back_bit_for_bit(tmp_path: Path, metric: Metric, kind: str) -> None:
    """What fetch returns is what was given, whatever the metric makes of lengths."""
    vectors, spec = clustered_vectors(400, 12) * np.float32(1e-7), index_spec(12, metric)

    segment = opened((delta_of if kind == "delta" else base_of)(row_batch(vectors), spec, tmp_path), spec)

    assert segment.local_vectors.tobytes() == vectors.tobytes()
    assert segment.vectors_of(np.array([399, 0, 7])).tobytes() == vectors[[399, 0, 7]].tobytes()


def test_a_base_holds_its_vectors_once(tmp_path: Path) -> None:
    """The vectors of a base are a view of the Annoy file: no copy on disk, none in memory."""
    vectors, spec = clustered_vectors(2000, 64), index_spec(64)

    built = base_of(row_batch(vectors), spec, tmp_path, options=QUICK)

    sizes = {file.name: file.size_bytes for file in built.entry.files}
    assert sizes["rows.swl"] + sizes["sketch.swl"] < vectors.nbytes / 2
    assert not opened(built, spec).local_vectors.flags.owndata


@pytest.mark.parametrize("metric", list(Metric))
def test_the_block_writer_writes_what_annoy_would(tmp_path: Path, metric: Metric) -> None:
    """A forest whose items were written as one block answers like one filled item by item."""
    vectors = clustered_vectors(1500, 20)
    layout = build_forest(tmp_path / "f.ann", vectors, metric, trees=6, seed=3)
    plain = AnnoyIndex(layout.width, layout.annoy_metric)
    plain.set_seed(3)
    longest = max(float(vector @ vector) for vector in vectors)
    for row, vector in enumerate(vectors):
        extra = [np.sqrt(max(longest - float(vector @ vector), 0))] if metric is Metric.DOT else []
        plain.add_item(row, [*vector.tolist(), *extra])
    plain.build(6, 1)

    forest = open_forest(tmp_path / "f.ann", layout, 20)

    query = clustered_vectors(1, 20, seed=5)[0]
    padded = [*query.tolist(), *([0.0] * (layout.width - 20))]
    same = set(forest.nearest(query, 50, 400).tolist()) & set(plain.get_nns_by_vector(padded, 50, 400))
    assert len(same) >= 48


@pytest.mark.parametrize("rows", [1, 2, 3, 30])
@pytest.mark.parametrize("metric", list(Metric))
def test_small_bases_work(tmp_path: Path, metric: Metric, rows: int) -> None:
    """Annoy finds its roots by guessing from the end of the file: tiny files must pass our checks too."""
    vectors, spec = clustered_vectors(rows, 6), index_spec(6, metric)

    segment = opened(base_of(row_batch(vectors), spec, tmp_path, options=QUICK), spec)

    assert segment.forest is not None
    assert set(segment.forest.nearest(vectors[0], 50, 1000).tolist()) == set(range(rows))


def test_identical_rows_can_be_indexed(tmp_path: Path) -> None:
    """Rows that no plane separates, and all zeros, do not stop a build."""
    vectors, spec = np.zeros((500, 8), np.float32), index_spec(8)
    vectors[:250] = 1

    built = base_of(row_batch(vectors), spec, tmp_path)

    verify_files(built.entry, built.directory)
    assert opened(built, spec).rows == 500


def test_what_cannot_be_indexed_is_refused(tmp_path: Path) -> None:
    """An id that stands twice, a wrong dimension and attributes that are not JSON name the field."""
    spec, vectors = index_spec(4), clustered_vectors(2, 4)

    with pytest.raises(InvalidRequest, match="ids"):
        delta_of(row_batch(vectors, ids=["a", "b"], deleted=["a"]), spec, tmp_path)
    with pytest.raises(InvalidRequest, match="rows of 4 numbers"):
        delta_of(row_batch(clustered_vectors(2, 5)), spec, tmp_path)
    with pytest.raises(InvalidRequest, match="attributes"):
        delta_of(row_batch(vectors, attributes=[{"n": 2**70}, None]), spec, tmp_path)


def test_a_full_disk_is_an_error_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Annoy writes through a memory map: without room the process would die of SIGBUS."""
    spec = index_spec(4)
    monkeypatch.setattr("shared.index.forest.shutil.disk_usage", lambda _: SimpleNamespace(free=1000))

    with pytest.raises(DependencyUnavailable, match="1000 bytes free, a forest needs about"):
        base_of(row_batch(clustered_vectors(100, 4)), spec, tmp_path)


def test_a_base_needs_rows(tmp_path: Path) -> None:
    """Tombstones alone belong in a delta: Annoy cannot hold nothing."""
    spec = index_spec(4)
    batch = row_batch(np.empty((0, 4), np.float32), deleted=["a"])

    with pytest.raises(ValueError, match="needs rows"):
        base_of(batch, spec, tmp_path)
    assert opened(delta_of(batch, spec, tmp_path), spec).rows == 0
