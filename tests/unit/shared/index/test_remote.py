"""Segments whose forest file is still on its way."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.errors import CorruptObject, DependencyUnavailable
from shared.index.build import BaseOptions, BuiltSegment
from shared.index.manifest import IndexSpec
from shared.index.remote import ByteRange
from shared.index.segment import Segment, first_files, open_ranged, open_segment, verify_files
from shared.index.snapshot import Snapshot
from tests.unit.shared.index.builders import (
    base_of,
    clustered_vectors,
    delta_of,
    index_spec,
    manifest_of,
    opened,
    recall_of,
    row_batch,
    true_last_scores,
)

_ROWS, _DIMENSION = 6000, 48
_VECTORS, _QUERIES = np.split(clustered_vectors(_ROWS + 40, _DIMENSION), [_ROWS])


class _FarFile:
    """A file that is only read by ranges, and remembers them."""

    def __init__(self, path: Path) -> None:
        self._content = path.read_bytes()
        self.ranges: list[ByteRange] = []

    def __call__(self, ranges: Sequence[ByteRange]) -> list[bytes]:
        self.ranges.extend(ranges)
        return [self._content[one.start : one.start + one.length] for one in ranges]

    @property
    def bytes_read(self) -> int:
        return sum(one.length for one in self.ranges)


def _built(spec: IndexSpec, directory: Path) -> BuiltSegment:
    options = BaseOptions(trees=3, calibration_questions=32, gate_questions=4, gate_tolerance=0.5)
    return base_of(row_batch(_VECTORS), spec, directory, options=options)


def _without_forest(built: BuiltSegment, directory: Path) -> Path:
    shutil.copytree(built.directory, directory)
    (directory / "forest.ann").unlink()
    return directory


def _far(built: BuiltSegment, spec: IndexSpec, directory: Path) -> tuple[Segment, _FarFile]:
    far = _FarFile(built.directory / "forest.ann")
    return open_ranged(built.entry, spec, _without_forest(built, directory), far), far


@pytest.mark.parametrize("metric", list(Metric))
def test_answers_before_the_forest_is_local(tmp_path: Path, metric: Metric) -> None:
    """Scores are exact and recall is what the answer expects, though few of the vectors were read."""
    spec = index_spec(_DIMENSION, metric)
    built = _built(spec, tmp_path)
    fetched: list[int] = []

    def fetch(rows: NDArray[np.int64], /) -> NDArray[np.float32]:
        fetched.append(len(rows))
        return _VECTORS[rows]

    segment = open_segment(built.entry, spec, _without_forest(built, tmp_path / "far"), fetch)
    snapshot = Snapshot.open(manifest_of(spec, built), [segment])

    answer = snapshot.search(_QUERIES, top_k=10, recall=0.9, include_vectors=True)

    assert answer.method == "sketch"
    assert answer.recall_expected >= 0.9
    assert recall_of(answer.matches, true_last_scores(_VECTORS, _QUERIES, metric, 10)) >= 0.88
    assert len(fetched) == len(_QUERIES)
    assert max(fetched) < _ROWS / 20
    best = answer.matches[0][0]
    assert best.vector is not None
    assert best.vector.tolist() == _VECTORS[int(best.id[1:])].tolist()


def test_an_answer_says_when_it_falls_short(tmp_path: Path) -> None:
    """An exact search needs the forest file: until it is there, the answer says what can be expected of it."""
    spec = index_spec(_DIMENSION)
    built = _built(spec, tmp_path)
    segment, _ = _far(built, spec, tmp_path / "far")

    answer = Snapshot.open(manifest_of(spec, built), [segment]).search(_QUERIES[:1], top_k=10, recall=1.0)

    assert len(answer.matches[0]) == 10
    assert answer.recall_target == 1.0
    assert 0.9 < answer.recall_expected < 1.0
    assert answer.method == "sketch"


def test_the_forest_takes_over_when_it_is_there(tmp_path: Path) -> None:
    """Opened again with all files, next to a delta whose masks carry over, the same snapshot is exact."""
    spec = index_spec(_DIMENSION)
    built = _built(spec, tmp_path)
    delta = delta_of(row_batch(_VECTORS[:3], ids=["r7", "x", "y"], revision=2), spec, tmp_path, 2)
    segment, far = _far(built, spec, tmp_path / "far")
    manifest = manifest_of(spec, built, delta)
    early = Snapshot.open(manifest, [segment, opened(delta, spec)])

    late = Snapshot.open(manifest, [opened(built, spec), early.segments[1]], early)

    assert late.winners[0] is early.winners[0]
    assert late.search(_QUERIES[:1], top_k=5, recall=1.0).recall_expected == 1.0
    record = early.fetch(["r9"])[0]
    assert record is not None
    assert record.vector.tolist() == _VECTORS[9].tolist()
    assert far.ranges[-1].length == 4 * _DIMENSION


def test_neighbouring_rows_come_in_one_read(tmp_path: Path) -> None:
    """Rows close together are one range, far ones their own; order and repeats are the caller's."""
    spec = index_spec(_DIMENSION)
    built = _built(spec, tmp_path)
    segment, far = _far(built, spec, tmp_path / "far")
    rows = np.array([5000, 3, 1, 3])

    vectors = segment.vectors_of(rows)

    assert vectors.tolist() == _VECTORS[rows].tolist()
    assert len(far.ranges) == 2
    assert far.bytes_read < 4096
    assert segment.vectors_of(rows[:0]).shape == (0, _DIMENSION)


def test_a_short_read_is_not_taken_for_vectors(tmp_path: Path) -> None:
    """A range that comes back short is a failure of the store, to be tried again."""
    spec = index_spec(_DIMENSION)
    built = _built(spec, tmp_path)
    directory = _without_forest(built, tmp_path / "far")
    segment = open_ranged(built.entry, spec, directory, lambda ranges: [b"" for _ in ranges])

    with pytest.raises(DependencyUnavailable, match="0 bytes in place of"):
        segment.vectors_of(np.array([1]))


def test_first_files_are_enough_and_needed(tmp_path: Path) -> None:
    """Row file and sketch suffice to open, when vectors can be fetched; without that the forest is needed."""
    spec = index_spec(_DIMENSION)
    built = _built(spec, tmp_path)
    directory = _without_forest(built, tmp_path / "far")

    assert [file.name for file in first_files(built.entry)] == ["rows.swl", "sketch.swl"]
    verify_files(built.entry, directory, first_files(built.entry))
    with pytest.raises(CorruptObject, match=r"forest\.ann is missing"):
        open_segment(built.entry, spec, directory)
    (directory / "sketch.swl").unlink()
    with pytest.raises(CorruptObject, match=r"sketch\.swl is missing"):
        open_ranged(built.entry, spec, directory, lambda ranges: [b"" for _ in ranges])
