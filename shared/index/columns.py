"""Typed columns of the declared attributes of a segment, for filters.

A missing or null attribute is *absent*; an absent row matches no comparison. Per type:

* string: a sorted dictionary of the distinct texts, and a code per row (-1: absent)
* integer, float: a value per row, and whether it is present
* boolean: 0, 1, or -1 (absent)
* string_list: a dictionary, and the codes of all rows one after another, divided by offsets
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import AttributeType
from shared.errors import CorruptObject, FieldProblem, InvalidRequest
from shared.index.container import Container
from shared.index.ids import check_offsets

_INTEGER_LIMIT: Final = 2**63


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """`values` is int64 or float64 (rows,), meaningful where `present`."""

    values: NDArray[Any]
    present: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class BooleanColumn:
    """`values` is int8 (rows,): 0, 1, or -1 where absent."""

    values: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Distinct texts in rising order of their UTF-8 bytes; a text's code is its place."""

    text: NDArray[np.uint8]
    offsets: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def place(self, wanted: str) -> tuple[int, bool]:
        """Where a text stands or would stand, and whether it is there."""
        target, low, high = wanted.encode(), 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._at(middle) < target:
                low = middle + 1
            else:
                high = middle
        return low, low < len(self) and self._at(low) == target

    def codes_of(self, wanted: Iterable[str]) -> NDArray[np.int64]:
        """The codes of those texts that are there, rising."""
        places = (self.place(text) for text in wanted)
        return np.array(sorted({code for code, found in places if found}), np.int64)

    def _at(self, code: int) -> bytes:
        return self.text[int(self.offsets[code]) : int(self.offsets[code + 1])].tobytes()


@dataclass(frozen=True, eq=False)
class StringColumn:
    """`codes` is int32 (rows,), -1 where absent."""

    dictionary: Dictionary
    codes: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class StringListColumn:
    """`codes` is int32, those of row r between `offsets[r]` and `offsets[r + 1]`. An empty list is present."""

    dictionary: Dictionary
    codes: NDArray[np.int32]
    offsets: NDArray[np.uint64]
    present: NDArray[np.bool_]

    @cached_property
    def row_of_code(self) -> NDArray[np.intp]:
        """The row that each code belongs to."""
        ends = self.offsets.astype(np.intp)
        return np.repeat(np.arange(len(self.present)), ends[1:] - ends[:-1])


Column = NumberColumn | BooleanColumn | StringColumn | StringListColumn


def encode_columns(
    rows: Sequence[Mapping[str, Any] | None], declared: Mapping[str, AttributeType]
) -> dict[str, NDArray[Any]]:
    """The sections of the columns of all declared attributes.

    Raises:
        InvalidRequest: a value is not of the declared type; integers have 64 bits, an integer is also a float.
    """
    sections: dict[str, NDArray[Any]] = {}
    decoded = list(rows) if declared else []
    for name, kind in declared.items():
        values = [None if row is None else row.get(name) for row in decoded]
        _check_values(name, kind, values)
        for part, array in _ENCODERS[kind](values).items():
            sections[_section(name, part)] = array
    return sections


def open_columns(container: Container, rows: int, declared: Mapping[str, AttributeType]) -> dict[str, Column]:
    """The columns of all declared attributes.

    Raises:
        CorruptObject: one is missing, or its parts do not fit.
    """
    return {name: _OPENERS[kind](container, name, rows) for name, kind in declared.items()}


def _check_values(name: str, kind: AttributeType, values: Sequence[Any]) -> None:
    allowed = _ALLOWED[kind]
    for value in values:
        if value is None:
            continue
        fits = type(value) in allowed
        if fits and kind is AttributeType.STRING_LIST:
            fits = all(isinstance(item, str) for item in value)
        elif fits and kind is AttributeType.INTEGER:
            fits = -_INTEGER_LIMIT <= value < _INTEGER_LIMIT
        if not fits:
            raise InvalidRequest(FieldProblem(f"attributes.{name}", repr(value)[:64], kind.value))


def _section(name: str, part: str) -> str:
    return f"column:{name}:{part}"


def _encode_numbers(values: Sequence[Any], dtype: str) -> dict[str, NDArray[Any]]:
    return {
        "values": np.array([0 if value is None else value for value in values], dtype),
        "present": np.array([value is not None for value in values], "|u1"),
    }


def _encode_booleans(values: Sequence[Any]) -> dict[str, NDArray[Any]]:
    return {"values": np.array([-1 if value is None else value for value in values], "|i1")}


def _encode_strings(values: Sequence[Any]) -> dict[str, NDArray[Any]]:
    codes, dictionary = _dictionary(value for value in values if value is not None)
    return {
        **dictionary,
        "codes": np.array([-1 if value is None else codes[value] for value in values], "<i4"),
    }


def _encode_lists(values: Sequence[Any]) -> dict[str, NDArray[Any]]:
    lists = [() if value is None else value for value in values]
    codes, dictionary = _dictionary(chain.from_iterable(lists))
    offsets = np.zeros(len(lists) + 1, "<u8")
    np.cumsum([len(items) for items in lists], out=offsets[1:])
    return {
        **dictionary,
        "codes": np.array([codes[item] for items in lists for item in items], "<i4"),
        "offsets": offsets,
        "present": np.array([value is not None for value in values], "|u1"),
    }


def _dictionary(values: Iterable[str]) -> tuple[dict[str, int], dict[str, NDArray[Any]]]:
    texts = sorted({value.encode() for value in values})
    offsets = np.zeros(len(texts) + 1, "<u8")
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    sections = {"text": np.frombuffer(b"".join(texts), np.uint8), "text_offsets": offsets}
    return {text.decode(): code for code, text in enumerate(texts)}, sections


def _open_dictionary(container: Container, name: str) -> Dictionary:
    text = container.array(_section(name, "text"), "|u1", -1)
    offsets = container.array(_section(name, "text_offsets"), "<u8", -1)
    if not len(offsets):
        raise CorruptObject(f"{container.path.name}: the dictionary of {name!r} is empty")
    check_offsets(container, _section(name, "text_offsets"), offsets, len(text))
    return Dictionary(text, offsets)


def _open_codes(container: Container, name: str, count: int, entries: int, least: int) -> NDArray[np.int32]:
    codes = container.array(_section(name, "codes"), "<i4", count)
    if codes.size and not least <= int(codes.min()) <= int(codes.max()) < entries:
        raise CorruptObject(f"{container.path.name}: codes of {name!r} leave the dictionary")
    return codes


def _open_numbers(container: Container, name: str, rows: int, dtype: str) -> Column:
    present = container.array(_section(name, "present"), "|u1", rows)
    return NumberColumn(container.array(_section(name, "values"), dtype, rows), present != 0)


def _open_booleans(container: Container, name: str, rows: int) -> Column:
    return BooleanColumn(container.array(_section(name, "values"), "|i1", rows))


def _open_strings(container: Container, name: str, rows: int) -> Column:
    dictionary = _open_dictionary(container, name)
    return StringColumn(dictionary, _open_codes(container, name, rows, len(dictionary), -1))


def _open_lists(container: Container, name: str, rows: int) -> Column:
    dictionary = _open_dictionary(container, name)
    codes = _open_codes(container, name, -1, len(dictionary), 0)
    offsets = container.array(_section(name, "offsets"), "<u8", rows + 1)
    check_offsets(container, _section(name, "offsets"), offsets, len(codes))
    present = container.array(_section(name, "present"), "|u1", rows)
    return StringListColumn(dictionary, codes, offsets, present != 0)


_ALLOWED: Final[Mapping[AttributeType, tuple[type, ...]]] = {
    AttributeType.STRING: (str,),
    AttributeType.INTEGER: (int,),
    AttributeType.FLOAT: (float, int),
    AttributeType.BOOLEAN: (bool,),
    AttributeType.STRING_LIST: (list, tuple),
}
_ENCODERS: Final[Mapping[AttributeType, Any]] = {
    AttributeType.STRING: _encode_strings,
    AttributeType.INTEGER: lambda values: _encode_numbers(values, "<i8"),
    AttributeType.FLOAT: lambda values: _encode_numbers(values, "<f8"),
    AttributeType.BOOLEAN: _encode_booleans,
    AttributeType.STRING_LIST: _encode_lists,
}
_OPENERS: Final[Mapping[AttributeType, Any]] = {
    AttributeType.STRING: _open_strings,
    AttributeType.INTEGER: lambda container, name, rows: _open_numbers(container, name, rows, "<i8"),
    AttributeType.FLOAT: lambda container, name, rows: _open_numbers(container, name, rows, "<f8"),
    AttributeType.BOOLEAN: _open_booleans,
    AttributeType.STRING_LIST: _open_lists,
}
