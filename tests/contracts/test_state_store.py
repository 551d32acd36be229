"""What every state store does."""

import json
from collections.abc import Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from shared.ports.state import ABSENT, Delete, PreconditionFailed, Put, StateStore, Write
from tests.fakes.clock import FrozenClock

JSON = {
    "text": "héllo \U0001f30a \u0000 end",
    "empty": "",
    "whole": 2**63 - 1,
    "least": -(2**63),
    "real": 0.1,
    "zero": -0.0,
    "huge": 1.7976931348623157e308,
    "yes": True,
    "no": False,
    "nothing": None,
    "list": [1, "a", None, [], [[1], [[2]], {"[]": [3]}], {"[]": 4}, {"[]": [{"[]": 5}]}],
    "map": {"a.b": 1, "with space": {}, "`tick`": 2, "ü/ß": {"[]": [6]}, "0": 3},
}


def as_text(value: Any) -> str:
    """Equal exactly for the same values of the same types: 1, 1.0 and true differ, as do 0.0 and -0.0."""
    return json.dumps(value, sort_keys=True)


def ids(state: StateStore, collection: str, *, after: str = "", limit: int = 1000) -> list[str]:
    """The ids that a listing gives."""
    return [document.id for document in state.list(collection, after=after, limit=limit)]


def test_what_was_never_written_is_absent(state: StateStore) -> None:
    """Reads of nothing give None and empty lists, and are no errors."""
    assert state.get("a/1") is None
    assert [None, None] == state.get_many(["a/1", "b/2/c/3"])
    assert state.get_many([]) == []
    assert [] == ids(state, "a")


def test_every_json_value_comes_back_as_it_was(state: StateStore) -> None:
    """Values and their types survive: whole numbers of 64 bits, reals, nested lists, names with any characters."""
    state.commit([Put("a/1", JSON)])

    found = state.get("a/1")

    assert found is not None
    assert as_text(JSON) == as_text(found.data)


def test_a_mapping_that_is_not_a_dict_is_stored_as_one(state: StateStore) -> None:
    """The port takes any mapping and any sequence."""
    state.commit([Put("a/1", MappingProxyType({"inner": MappingProxyType({"x": (1, 2)})}))])

    found = state.get("a/1")

    assert found is not None
    assert {"inner": {"x": [1, 2]}} == found.data


def test_a_put_replaces_the_whole_document(state: StateStore) -> None:
    """Fields that the new content does not name are gone, with and without a precondition."""
    [first] = state.commit([Put("a/1", {"x": 1, "y": {"z": 1}})])
    [second] = state.commit([Put("a/1", {"y": {"q": 1}}, if_version=first)])
    conditional = state.get("a/1")
    state.commit([Put("a/1", {})])
    unconditional = state.get("a/1")

    assert first != second
    assert conditional is not None
    assert {"y": {"q": 1}} == conditional.data
    assert unconditional is not None
    assert {} == unconditional.data


def test_commit_returns_the_version_that_a_read_shows(state: StateStore) -> None:
    """One version for each put, an empty one for each delete, in the order of the writes."""
    versions = state.commit([Put("a/1", {}), Delete("a/2"), Put("b/1", {})])

    found = state.get_many(["a/1", "b/1"])

    assert versions[1] == ""
    assert [versions[0], versions[2]] == [document.version if document else None for document in found]


def test_a_commit_of_nothing_is_fine(state: StateStore) -> None:
    """No writes, no versions."""
    assert state.commit([]) == []


def test_every_write_changes_the_version_even_of_the_same_content(state: StateStore) -> None:
    """A holder of an old version can always tell that the document was written, also when it was deleted between."""
    versions: list[str] = []
    for _ in range(3):
        versions += state.commit([Put("a/1", {"same": True})])
        state.commit([Delete("a/1")])
        versions += state.commit([Put("a/1", {"same": True})])

    assert len(versions) == len(set(versions))


def test_absent_creates_once(state: StateStore) -> None:
    """The second creation fails and leaves the first."""
    state.commit([Put("a/1", {"by": 1}, if_version=ABSENT)])

    with pytest.raises(PreconditionFailed):
        state.commit([Put("a/1", {"by": 2}, if_version=ABSENT)])

    found = state.get("a/1")
    assert found is not None
    assert {"by": 1} == found.data


@pytest.mark.parametrize("write", [Put, Delete])
def test_a_stale_version_fails(state: StateStore, write: Any) -> None:
    """So do the version of a deleted document, and one of a document that never was."""
    [old] = state.commit([Put("a/1", {})])
    state.commit([Put("a/1", {"new": True}), Put("a/2", {})])
    stale: Sequence[Write] = (
        [Put("a/1", {}, if_version=old), Put("a/9", {}, if_version=old)]
        if write is Put
        else [Delete("a/1", if_version=old), Delete("a/9", if_version=old)]
    )

    for each in stale:
        with pytest.raises(PreconditionFailed):
            state.commit([each])

    assert ["1", "2"] == ids(state, "a")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_failed_precondition_anywhere_writes_nothing(state: StateStore, place: int) -> None:
    """All writes of a batch are applied or none, wherever in the batch the one stands that fails."""
    state.commit([Put("taken/1", {}), Put("a/2", {"old": True})])
    writes: list[Write] = [Put("a/1", {}), Delete("a/2")]
    writes.insert(place, Put("taken/1", {}, if_version=ABSENT))

    with pytest.raises(PreconditionFailed):
        state.commit(writes)

    found = state.get_many(["a/1", "a/2"])
    assert found[0] is None
    assert found[1] is not None
    assert {"old": True} == found[1].data


def test_conditions_hold_on_several_documents_at_once(state: StateStore) -> None:
    """A head moves on, its marker is made, and a lease goes, in one commit."""
    [head, lease] = state.commit([Put("h/1", {"n": 1}), Put("l/1", {})])

    state.commit([Put("h/1", {"n": 2}, head), Put("m/e", {}, ABSENT), Delete("l/1", lease)])

    found = state.get_many(["h/1", "m/e", "l/1"])
    assert [{"n": 2}, {}, None] == [document.data if document else None for document in found]


def test_delete_removes_and_removing_nothing_is_fine(state: StateStore) -> None:
    """A version may be named or not."""
    [version] = state.commit([Put("a/1", {})])

    assert [""] == list(state.commit([Delete("a/1", if_version=version)]))
    assert [""] == list(state.commit([Delete("a/1")]))
    assert state.get("a/1") is None


def test_many_are_read_in_the_order_asked_for(state: StateStore) -> None:
    """One asked for twice is given twice, one that is absent is None."""
    state.commit([Put("a/1", {"n": 1}), Put("a/b/c/2", {"n": 2})])

    found = state.get_many(["a/b/c/2", "a/0", "a/1", "a/b/c/2"])

    assert ["a/b/c/2", None, "a/1", "a/b/c/2"] == [document.path if document else None for document in found]


def test_a_listing_holds_the_documents_directly_below_in_the_order_of_their_bytes(state: StateStore) -> None:
    """Not those of other collections, nor of collections below; the parent need not exist."""
    names = ["10", "9", "A", "a", "a-b", "a.b", "b~0", "é", "z", "\uffee", "\U0001f30a"]
    state.commit([Put(f"c/x/d/{name}", {"n": name}) for name in names])
    state.commit([Put("c/x/d/a/below/1", {}), Put("c/x/e/1", {}), Put("c/y/d/1", {}), Put("d/1", {})])

    found = state.list("c/x/d")

    assert sorted(names, key=str.encode) == [document.data["n"] for document in found]
    assert [f"c/x/d/{name}" for name in sorted(names)] == [document.path for document in found]


def test_a_listing_goes_on_after_an_id(state: StateStore) -> None:
    """Pages by `after` and `limit` make the whole; `after` need not exist."""
    state.commit([Put(f"a/{number:03}", {}) for number in range(25)])

    pages = [ids(state, "a", limit=10)]
    while pages[-1]:
        pages.append(ids(state, "a", after=pages[-1][-1], limit=10))

    assert [10, 10, 5, 0] == [len(page) for page in pages]
    assert [f"{number:03}" for number in range(25)] == [each for page in pages for each in page]
    assert ["004"] == ids(state, "a", after="003x", limit=1)


def test_an_expired_document_reads_as_absent(state: StateStore, clock: FrozenClock) -> None:
    """From its moment on, whichever way it is read; until then it is there."""
    expires_at = clock.now() + timedelta(seconds=60)
    state.commit([Put("a/1", {}, expires_at=expires_at), Put("a/2", {})])
    before = ids(state, "a")
    clock.advance(timedelta(seconds=60))

    assert ["1", "2"] == before
    assert ["2"] == ids(state, "a")
    assert state.get("a/1") is None
    assert state.get_many(["a/1"]) == [None]


def test_a_listing_with_expired_documents_is_as_long_as_its_limit(state: StateStore, clock: FrozenClock) -> None:
    """What has expired takes no place of what has not."""
    expired = clock.now() - timedelta(seconds=1)
    state.commit([Put(f"a/{number:02}", {}, expires_at=expired if number % 3 else None) for number in range(30)])

    assert ["00", "03", "06", "09"] == ids(state, "a", limit=4)
    assert ["12"] == ids(state, "a", after="10", limit=1)


def test_an_expired_document_can_be_created_anew(state: StateStore, clock: FrozenClock) -> None:
    """A lease that ran out is free, once; others of the batch are judged as always."""
    state.commit([Put("l/1", {"by": 1}, expires_at=clock.now()), Put("a/1", {})])

    with pytest.raises(PreconditionFailed):
        state.commit([Put("l/1", {"by": 2}, if_version=ABSENT), Put("a/1", {}, if_version=ABSENT)])
    state.commit([Put("l/1", {"by": 2}, if_version=ABSENT), Put("a/2", {}, if_version=ABSENT)])
    with pytest.raises(PreconditionFailed):
        state.commit([Put("l/1", {"by": 3}, if_version=ABSENT)])

    found = state.get("l/1")
    assert found is not None
    assert {"by": 2} == found.data


@pytest.mark.parametrize("conditional", [True, False])
def test_a_put_without_expiry_lifts_it(state: StateStore, clock: FrozenClock, *, conditional: bool) -> None:
    """The expiry belongs to the write, not to the path."""
    [version] = state.commit([Put("a/1", {}, expires_at=clock.now() + timedelta(seconds=1))])
    state.commit([Put("a/1", {}, if_version=version if conditional else None)])
    clock.advance(timedelta(days=1))

    assert state.get("a/1") is not None
