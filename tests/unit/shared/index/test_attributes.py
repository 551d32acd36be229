"""Attributes beside vectors."""

import numpy as np
import pytest

from shared.errors import CorruptObject
from shared.index.attributes import AttributeTable, encode_attributes, patched_attributes, take_attributes


@pytest.mark.parametrize(
    ("current", "patch", "expected"),
    [
        pytest.param({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}, id="replaced"),
        pytest.param({"a": 1}, {"b": {"c": 1}}, {"a": 1, "b": {"c": 1}}, id="added"),
        pytest.param({"a": 1, "b": 2}, {"a": None}, {"b": 2}, id="removed"),
        pytest.param({"a": None, "b": 1}, {"b": 2}, {"a": None, "b": 2}, id="a null that was stored stays"),
        pytest.param({"a": {"x": 1, "y": 2}}, {"a": {"x": 3}}, {"a": {"x": 3}}, id="values are replaced whole"),
        pytest.param({"a": 1}, {"a": None}, None, id="nothing left"),
        pytest.param(None, {"a": 1}, {"a": 1}, id="nothing before"),
        pytest.param(None, {"a": None}, None, id="nothing at all"),
    ],
)
def test_a_patch_names_what_changes(
    current: dict[str, object] | None, patch: dict[str, object], expected: dict[str, object] | None
) -> None:
    """Named attributes are replaced, those set to null removed, the others kept."""
    assert patched_attributes(current, patch) == expected


def test_rows_of_several_tables_are_taken_without_decoding() -> None:
    """A merge carries the texts over, byte for byte."""
    first, second = encode_attributes([{"a": 1}, None, {"a": 3}]), encode_attributes([{"b": "ü"}])

    taken = take_attributes([(first, np.array([2, 1])), (second, np.array([0]))])

    assert list(taken) == [{"a": 3}, None, {"b": "ü"}]
    assert encode_attributes(taken) is taken


def test_text_that_is_not_json_is_named() -> None:
    """A damaged text is a corrupt object, not a parser's failure."""
    table = AttributeTable(np.frombuffer(b"{oops", np.uint8), np.array([0, 5], np.uint64))

    with pytest.raises(CorruptObject, match="attributes of row 0"):
        table[0]
