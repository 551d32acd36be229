"""JSON values as Firestore holds them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.google.firestore_values import from_firestore, to_firestore

JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["[]", "a"]), inner, max_size=2),
    max_leaves=12,
)


def holds_a_list_in_a_list(value: Any) -> bool:
    """What Firestore refuses."""
    if isinstance(value, dict):
        return any(holds_a_list_in_a_list(item) for item in value.values())
    if isinstance(value, list):
        return any(isinstance(item, list) or holds_a_list_in_a_list(item) for item in value)
    return False


@given(JSON)
def test_every_value_comes_back(value: Any) -> None:
    """Through a form that Firestore takes."""
    stored = to_firestore(value)

    assert not holds_a_list_in_a_list(stored)
    assert value == from_firestore(stored)


@pytest.mark.parametrize(
    "value", [{"a": [1, {"b": [2]}]}, [{"a": 1}, {"[]": 1, "a": 2}], {"[]": [1]}, "text", None, {}]
)
def test_what_firestore_can_hold_is_stored_as_it_is(value: Any) -> None:
    """So the console shows documents as they were written."""
    assert value == to_firestore(value)


def test_a_list_in_a_list_is_a_map_of_one_field() -> None:
    """The documented form: what is stored today must be read by every later release."""
    assert [1, {"[]": [2, {"[]": [3]}]}] == to_firestore([1, [2, [3]]])
    assert [{"[]": {"[]": 1}}] == to_firestore([{"[]": 1}])
