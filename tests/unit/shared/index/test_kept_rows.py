"""Rows that filters allow, kept between searches."""

from pathlib import Path

from shared.domain.collection import AttributeType
from shared.index.filter import Filter, parse_filter
from shared.index.kept_rows import KeptRows
from shared.index.rowset import RowSet
from shared.index.snapshot import Snapshot
from tests.unit.shared.index.builders import clustered_vectors, delta_of, index_spec, manifest_of, opened, row_batch

_SPEC = index_spec(4, year=AttributeType.INTEGER)
_VECTORS = clustered_vectors(40, 4)


def _years_below(limit: int) -> Filter:
    return parse_filter({"range": {"year": {"lt": limit}}}, _SPEC.attributes)


def _snapshot(directory: Path, kept: KeptRows) -> Snapshot:
    delta = delta_of(row_batch(_VECTORS, attributes=[{"year": row} for row in range(40)]), _SPEC, directory)
    return Snapshot.open(manifest_of(_SPEC, delta), [opened(delta, _SPEC)], None, kept)


def _found(snapshot: Snapshot, condition: Filter) -> set[str]:
    answer = snapshot.search(_VECTORS[:1], top_k=40, recall=1.0, filter=condition)
    return {match.id for match in answer.matches[0]}


def _allowed(kept: KeptRows, snapshot: Snapshot, condition: Filter) -> RowSet:
    return kept.allowed(condition, snapshot.segments[0].columns, snapshot.live[0], snapshot.winners[0])


def test_a_filter_that_comes_again_is_not_evaluated_again(tmp_path: Path) -> None:
    """An equal filter has the same set, another one its own."""
    kept = KeptRows(100_000)
    snapshot = _snapshot(tmp_path, kept)

    first = _allowed(kept, snapshot, _years_below(7))

    assert _allowed(kept, snapshot, _years_below(7)) is first
    assert _allowed(kept, snapshot, _years_below(8)) is not first
    assert _found(snapshot, _years_below(7)) == {f"r{row}" for row in range(7)}


def test_a_commit_is_seen_by_filters_that_were_kept(tmp_path: Path) -> None:
    """A record that is replaced or deleted leaves its old set; a segment that nothing changed keeps its own."""
    kept = KeptRows(100_000)
    before = _snapshot(tmp_path / "before", kept)
    assert _found(before, _years_below(3)) == {"r0", "r1", "r2"}
    change = row_batch(_VECTORS[:1], ids=["r1"], revision=2, attributes=[{"year": 30}], deleted=["r2"])
    delta = delta_of(change, _SPEC, tmp_path / "after", 2)
    manifest = manifest_of(
        _SPEC, delta_of(row_batch(_VECTORS, attributes=[{"year": row} for row in range(40)]), _SPEC, tmp_path), delta
    )

    after = Snapshot.open(manifest, [before.segments[0], opened(delta, _SPEC)], before, kept)

    assert _found(after, _years_below(3)) == {"r0"}
    assert _found(before, _years_below(3)) == {"r0", "r1", "r2"}
    assert _found(after, _years_below(31)) == {f"r{row}" for row in range(31)} - {"r2"}


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    """The filter used longest ago leaves; one that is larger than all room is answered and not kept."""
    kept, nothing = KeptRows(3_000), KeptRows(0)
    snapshot = _snapshot(tmp_path, kept)

    old = _allowed(kept, snapshot, _years_below(1))
    used = _allowed(kept, snapshot, _years_below(2))
    _allowed(kept, snapshot, _years_below(1))
    _allowed(kept, snapshot, _years_below(3))

    assert kept.size_bytes <= 3_000
    assert _allowed(kept, snapshot, _years_below(1)) is old
    assert _allowed(kept, snapshot, _years_below(2)) is not used
    assert _allowed(nothing, snapshot, _years_below(5)).count == 5
    assert nothing.size_bytes == 0
