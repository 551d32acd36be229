"""What every state store refuses, and the most it takes: Firestore's limits."""

from typing import Any

import pytest

from shared.ports.state import Delete, Put, StateStore


@pytest.mark.parametrize(
    "path", ["a", "a/b/c", "", "/a", "a/", "a//b/c", "a/..", "a/.", "a/__x__", "a/b\0", "a/" + "x" * 1501]
)
def test_a_path_that_is_not_of_pairs_is_refused(state: StateStore, path: str) -> None:
    """By reads and writes alike, before anything is written."""
    with pytest.raises(ValueError, match="path"):
        state.get(path)
    with pytest.raises(ValueError, match="path"):
        state.commit([Put("ok/1", {}), Put(path, {})])
    assert state.get("ok/1") is None


@pytest.mark.parametrize("path", ["a/b", "", "a/b/"])
def test_a_listing_of_what_is_no_collection_is_refused(state: StateStore, path: str) -> None:
    """A document has no listing."""
    with pytest.raises(ValueError, match="path"):
        state.list(path)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**63, b"bytes", {1}, {1: 1}, {"": 1}, {"__x__": 1}, "x" * 1_048_576],
    ids=["nan", "inf", "65 bits", "bytes", "set", "number as name", "empty name", "reserved name", "too large"],
)
def test_what_firestore_would_not_hold_is_refused(state: StateStore, value: Any) -> None:
    """By every store, so that a test on one finds what would fail on another."""
    with pytest.raises(ValueError, match="a/1"):
        state.commit([Put("a/1", {"field": value})])
    assert state.get("a/1") is None


def test_a_batch_names_a_document_once(state: StateStore) -> None:
    """What two writes of one document mean differs between stores."""
    with pytest.raises(ValueError, match="twice"):
        state.commit([Put("a/1", {}), Delete("a/1")])


def test_a_large_document_and_a_large_batch(state: StateStore) -> None:
    """A megabyte less a little, and 500 documents at once."""
    content = {"text": "x" * 1_000_000}
    state.commit([Put("a/1", content)])
    state.commit([Put(f"b/{number}", {"n": number}) for number in range(500)])

    found = state.get("a/1")
    assert found is not None
    assert content == found.data
    assert 500 == len(state.list("b"))
