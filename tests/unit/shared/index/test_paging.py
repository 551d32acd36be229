"""Listing records page by page: an order that no write changes."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import AttributeType
from shared.index.filter import parse_filter
from shared.index.ids import encode_ids
from shared.index.paging import listed_after
from shared.index.rowset import all_rows
from shared.index.snapshot import Snapshot
from tests.unit.shared.index.builders import delta_of, index_spec, row_batch, snapshot_of

SPEC = index_spec(3, even=AttributeType.BOOLEAN)


def vectors(rows: int) -> NDArray[np.float32]:
    """Any vectors."""
    return np.ones((rows, 3), np.float32)


def pages(snapshot: Snapshot, limit: int, **options: object) -> list[list[str]]:
    """The ids of all pages."""
    listed: list[list[str]] = []
    after = None
    while page := snapshot.page(after, limit, **options):  # type: ignore[arg-type]
        listed.append([entry.id for entry in page])
        after = page[-1].id
    return listed


def test_every_live_record_is_listed_once_whatever_the_size_of_a_page(tmp_path: Path) -> None:
    """Replaced and deleted rows of older segments are not among them; pages are full but for the last."""
    first = delta_of(row_batch(vectors(3_000)), SPEC, tmp_path, 1)
    names = ["r7", "new", "r2999"]
    second = delta_of(row_batch(vectors(3), ids=names, revision=2, deleted=["r0", "r1"]), SPEC, tmp_path, 2)
    snapshot = snapshot_of(SPEC, first, second, version=2)
    live = {f"r{row}" for row in range(2, 3_000)} | {"new"}

    whole, small, one = pages(snapshot, 5_000), pages(snapshot, 700), snapshot.page(None, 1)

    assert ([len(page) for page in whole], set(whole[0])) == ([2_999], live)
    assert [len(page) for page in small] == [700, 700, 700, 700, 199]
    assert [name for page in small for name in page] == whole[0]
    assert [entry.id for entry in one] == whole[0][:1]


def test_a_record_that_stays_keeps_its_place_while_others_come_and_go(tmp_path: Path) -> None:
    """A second page that is taken at a later version neither repeats nor leaves out what was there all the while."""
    first = delta_of(row_batch(vectors(40)), SPEC, tmp_path, 1)
    before = snapshot_of(SPEC, first)
    page = [entry.id for entry in before.page(None, 20)]
    added = [f"new{number}" for number in range(30)]
    second = delta_of(row_batch(vectors(30), ids=added, revision=2, deleted=[page[-1], page[3]]), SPEC, tmp_path, 2)
    after = snapshot_of(SPEC, first, second, version=2)

    rest = [entry.id for entry in after.page(page[-1], 100)]

    assert sorted(page + [name for name in rest if name not in added]) == sorted(f"r{row}" for row in range(40))


def test_only_what_matches_is_listed(tmp_path: Path) -> None:
    """A filter that few rows pass fills a page all the same."""
    attributes = [{"even": row % 100 == 0} for row in range(3_000)]
    snapshot = snapshot_of(SPEC, delta_of(row_batch(vectors(3_000), attributes=attributes), SPEC, tmp_path))
    condition = parse_filter({"eq": {"even": True}}, SPEC.attributes)

    found = pages(snapshot, 20, condition=condition)

    assert [len(page) for page in found] == [20, 10]
    assert {name for page in found for name in page} == {f"r{row}" for row in range(0, 3_000, 100)}
    assert sum(rows.count for rows in snapshot.allowed(condition)) == 30


def test_ids_of_one_hash_are_in_the_order_of_the_ids(tmp_path: Path) -> None:
    """A page may end between them."""
    built = delta_of(row_batch(vectors(3), ids=["c", "a", "b"]), SPEC, tmp_path)
    segment = snapshot_of(SPEC, built).segments[0]
    object.__setattr__(segment.ids, "hashes", np.full(3, encode_ids(["a"], np.zeros(1, np.int64))["hashes"][0]))

    first = [entry.id for entry in listed_after(segment, all_rows(3), None, 1)]
    rest = [entry.id for entry in listed_after(segment, all_rows(3), "a", 5)]

    assert (first, rest) == (["a"], ["b", "c"])
