"""What a merged segment holds."""

from pathlib import Path

import pytest

from shared.index.build import BuiltSegment
from shared.index.compaction import CompactionPlan, CompactionPolicy, CompactionReason
from shared.index.manifest import SegmentKind
from shared.index.merging import build_merged, merge_segments
from tests.unit.shared.index.builders import clustered_vectors, delta_of, index_spec, row_batch, snapshot_of

_SPEC = index_spec(4)
_VECTORS = clustered_vectors(8, 4)


def _plan(*built: BuiltSegment, includes_oldest: bool) -> CompactionPlan:
    return CompactionPlan(tuple(one.entry.id for one in built), CompactionReason.TIER, includes_oldest, 1, 9)


def test_live_rows_keep_their_revision_vector_and_attributes(tmp_path: Path) -> None:
    """Replaced rows go, the others are carried over unchanged."""
    old = delta_of(row_batch(_VECTORS[:2], ids=["a", "b"], attributes=[{"n": 1}, None]), _SPEC, tmp_path, 1)
    new = delta_of(row_batch(_VECTORS[2:3], ids=["b"], revision=7, attributes=[{"n": 2}]), _SPEC, tmp_path, 2)

    batch = merge_segments(
        snapshot_of(_SPEC, old, new), _plan(old, new, includes_oldest=True), keep_tombstones_since_revision=0
    )

    assert (list(batch.ids), batch.revisions.tolist()) == (["a", "b"], [1, 7])
    assert batch.vectors.tolist() == _VECTORS[[0, 2]].tolist()
    assert list(batch.attributes) == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("horizon", "includes_oldest", "kept"),
    [
        pytest.param(6, True, [], id="old, and nothing older is left out"),
        pytest.param(5, True, ["a"], id="an older upsert may still be on its way"),
        pytest.param(6, False, ["a"], id="an older segment may hold the id"),
    ],
)
def test_tombstones_outlive_what_they_hide(
    tmp_path: Path, *, horizon: int, includes_oldest: bool, kept: list[str]
) -> None:
    """A tombstone goes only when nothing that it hides can come back."""
    rows = delta_of(row_batch(_VECTORS[:2], ids=["a", "b"]), _SPEC, tmp_path, 1)
    tombs = delta_of(row_batch(_VECTORS[:0], revision=5, deleted=["a"]), _SPEC, tmp_path, 2)
    snapshot = snapshot_of(_SPEC, rows, tombs)

    batch = merge_segments(
        snapshot,
        _plan(rows, tombs, includes_oldest=includes_oldest),
        keep_tombstones_since_revision=horizon,
    )

    assert (list(batch.ids), list(batch.deleted_ids)) == (["b"], kept)


def test_a_tombstone_stays_while_a_segment_outside_names_its_id(tmp_path: Path) -> None:
    """A row that was committed after the deletion but accepted before it stays hidden."""
    rows = delta_of(row_batch(_VECTORS[:1], ids=["z"]), _SPEC, tmp_path, 1)
    tombs = delta_of(row_batch(_VECTORS[:0], revision=5, deleted=["a", "b"]), _SPEC, tmp_path, 2)
    late = delta_of(row_batch(_VECTORS[:1], ids=["a"], revision=3), _SPEC, tmp_path, 3)

    batch = merge_segments(
        snapshot_of(_SPEC, rows, tombs, late),
        _plan(rows, tombs, includes_oldest=True),
        keep_tombstones_since_revision=100,
    )

    assert (list(batch.deleted_ids), batch.deleted_revisions.tolist()) == (["a"], [5])


def test_the_size_decides_what_is_built(tmp_path: Path) -> None:
    """Few rows become a delta, many a base, none nothing."""
    rows = delta_of(row_batch(_VECTORS), _SPEC, tmp_path, 1)
    plan = _plan(rows, includes_oldest=True)
    batch = merge_segments(snapshot_of(_SPEC, rows), plan, keep_tombstones_since_revision=0)

    built = [
        build_merged(batch, _SPEC, plan, directory=tmp_path / str(least), policy=CompactionPolicy(base_from_rows=least))
        for least in (9, 8)
    ]

    assert [one and one.entry.kind for one in built] == [SegmentKind.DELTA, SegmentKind.BASE]
    assert [one and (one.entry.min_version, one.entry.max_version) for one in built] == [(1, 9), (1, 9)]
    assert build_merged(row_batch(_VECTORS[:0]), _SPEC, plan, directory=tmp_path / "none") is None
