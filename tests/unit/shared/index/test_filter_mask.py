"""Filters applied: columns and masks agree with plain Python on the attributes themselves."""

import operator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.collection import AttributeType
from shared.errors import CorruptObject, InvalidRequest
from shared.index.columns import Column, encode_columns, open_columns
from shared.index.container import open_container, write_container
from shared.index.filter import And, Exists, Filter, In, Not, Or, Range
from shared.index.filter_mask import filter_mask

_DECLARED = {
    "s": AttributeType.STRING,
    "i": AttributeType.INTEGER,
    "f": AttributeType.FLOAT,
    "b": AttributeType.BOOLEAN,
    "l": AttributeType.STRING_LIST,
}
_TEXTS = st.sampled_from(["", "a", "b", "ba", "ü", "zz"])
_WHOLE = st.sampled_from([-(2**63), -1, 0, 1, 2, 2**53, 2**53 + 1, 2**63 - 1])
_NUMBERS = st.one_of(_WHOLE, st.sampled_from([-0.5, 0.0, 1.5, 2.0, 1e300]))
_ROWS = st.lists(
    st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {},
            optional={
                "s": st.none() | _TEXTS,
                "i": st.none() | _WHOLE,
                "f": st.none() | st.sampled_from([-0.5, 0.0, 1.5, 3, 1e300]),
                "b": st.none() | st.booleans(),
                "l": st.none() | st.lists(_TEXTS, max_size=3),
                "undeclared": st.integers(),
            },
        ),
    ),
    max_size=12,
)
_BOUNDS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def _bounds(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[tuple[str, Any], ...]]:
    return st.dictionaries(st.sampled_from(sorted(_BOUNDS)), values, min_size=1).map(lambda of: tuple(of.items()))


def _values(items: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, min_size=1, max_size=3).map(tuple)


_LEAVES = st.one_of(
    st.builds(In, st.sampled_from(["s", "l"]), _values(_TEXTS)),
    st.builds(In, st.sampled_from(["i", "f"]), _values(_NUMBERS)),
    st.builds(In, st.just("b"), _values(st.booleans())),
    st.builds(Range, st.sampled_from(["i", "f"]), _bounds(_NUMBERS)),
    st.builds(Range, st.just("s"), _bounds(_TEXTS)),
    st.builds(Exists, st.sampled_from(sorted(_DECLARED))),
)
_FILTERS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.builds(And, _values(inner)), st.builds(Or, _values(inner)), st.builds(Not, inner)),
    max_leaves=6,
)


def _columns(
    rows: list[Mapping[str, Any] | None], directory: Path, declared: Mapping[str, AttributeType] = _DECLARED
) -> dict[str, Column]:
    write_container(directory / "c.swl", "rows", {}, encode_columns(rows, declared))
    return open_columns(open_container(directory / "c.swl", "rows"), len(rows), declared)


def _text_order(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def _passes(condition: Filter, row: Mapping[str, Any] | None) -> bool:
    match condition:
        case And(items):
            return all(_passes(item, row) for item in items)
        case Or(items):
            return any(_passes(item, row) for item in items)
        case Not(item):
            return not _passes(item, row)
        case In() | Range() | Exists():
            value = None if row is None else row.get(condition.attribute)
            return value is not None and _value_passes(condition, value)


def _value_passes(condition: In | Range | Exists, value: Any) -> bool:
    match condition:
        case Exists():
            return True
        case In(attribute, values):
            return any(wanted in value for wanted in values) if attribute == "l" else value in values
        case Range(_, bounds):
            return all(_BOUNDS[bound](_text_order(value), _text_order(limit)) for bound, limit in bounds)


@settings(max_examples=200, deadline=None)
@given(rows=_ROWS, condition=_FILTERS)
def test_masks_equal_plain_python(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Mapping[str, Any] | None], condition: Filter
) -> None:
    """Every filter keeps exactly the rows that the same rule keeps on dictionaries; large integers are exact."""
    columns = _columns(rows, tmp_path_factory.getbasetemp())

    found = filter_mask(condition, columns)

    if rows:
        assert found.tolist() == [_passes(condition, row) for row in rows]


@pytest.mark.parametrize(
    ("name", "value"),
    [("s", 3), ("i", 1.5), ("i", True), ("i", 2**63), ("f", "1"), ("f", True), ("b", 1), ("l", "a"), ("l", [1])],
)
def test_values_of_another_type_are_refused(tmp_path: Path, name: str, value: Any) -> None:
    """A declared attribute holds its type or nothing; the error names the attribute."""
    with pytest.raises(InvalidRequest, match=rf"attributes\.{name}"):
        _columns([{name: value}], tmp_path)


def test_codes_that_leave_the_dictionary_are_refused(tmp_path: Path) -> None:
    """A damaged column is named, never looked up."""
    sections = encode_columns([{"s": "a"}, {"s": "b"}], {"s": AttributeType.STRING})
    sections["column:s:codes"] = np.array([0, 7], "<i4")
    write_container(tmp_path / "c.swl", "rows", {}, sections)

    with pytest.raises(CorruptObject, match="codes of 's'"):
        open_columns(open_container(tmp_path / "c.swl", "rows"), 2, {"s": AttributeType.STRING})


def test_a_column_that_was_not_declared_when_built_is_refused(tmp_path: Path) -> None:
    """Declarations are part of the collection: a segment without the column is not one of its segments."""
    write_container(tmp_path / "c.swl", "rows", {}, encode_columns([{"s": "a"}], {"s": AttributeType.STRING}))

    with pytest.raises(CorruptObject, match=r"'column:i:present' is missing"):
        open_columns(open_container(tmp_path / "c.swl", "rows"), 1, {"i": AttributeType.INTEGER})
