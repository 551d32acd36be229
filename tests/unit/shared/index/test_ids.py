"""Id tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.index import ids as ids_module
from shared.index.ids import IdTable, hash_ids, table_of

_NAMES = st.lists(st.text(max_size=12), unique=True, max_size=30)


def _pairs(left: IdTable, right: IdTable) -> set[tuple[str, str]]:
    mine, theirs = left.find(right)
    return set(zip(left.ids_at(mine), right.ids_at(theirs), strict=True))


@given(_NAMES, _NAMES)
def test_find_gives_exactly_the_common_ids(left: list[str], right: list[str]) -> None:
    """Every id that both tables hold is found once, and nothing else is."""
    found = _pairs(table_of(left), table_of(right))

    assert found == {(name, name) for name in set(left) & set(right)}


def test_colliding_hashes_do_not_confuse_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids decide, hashes only narrow down: with one hash for all ids the answer is the same."""
    monkeypatch.setattr(ids_module, "hash_ids", lambda ids: np.full(len(ids), 7, np.uint64))

    found = _pairs(table_of(["a", "b", "cc", "d"]), table_of(["cc", "x", "a", "e"]))

    assert found == {("a", "a"), ("cc", "cc")}


def test_hashes_are_the_same_everywhere() -> None:
    """The hash is part of the file format: these values may never change."""
    assert hash_ids(["", "a", "synset/ü"]).tolist() == [
        13020603013274838756,
        3405396810240292928,
        6308005851667302553,
    ]


@given(_NAMES)
def test_ids_come_back_as_they_were(names: list[str]) -> None:
    """Any text is an id, the empty one too."""
    table = table_of(names)

    assert table.ids_at(np.arange(len(names))) == names
    assert [table.id_at(slot) for slot in range(len(names))] == names
