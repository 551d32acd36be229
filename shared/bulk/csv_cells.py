"""Cells of CSV, which are texts, as numbers, booleans, lists and vectors."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from shared.domain.collection import AttributeType

VECTOR: Final = "numbers between commas or spaces, such as [0.1, 0.2]"

_INTEGER: Final = re.compile(r"([+-]?\d+)(?:\.0+)?")
"""With a point and zeros, too: so pandas writes integers of a column that has gaps."""
_BOOLEANS: Final = {"true": True, "false": False}

ALLOWED: Final[Mapping[AttributeType, str]] = {
    AttributeType.STRING: "a text",
    AttributeType.INTEGER: "an integer",
    AttributeType.FLOAT: "a number",
    AttributeType.BOOLEAN: "true or false",
    AttributeType.STRING_LIST: 'a JSON array of strings, such as ["a", "b"]',
}


def vector_of(text: str) -> list[float]:
    """The numbers of a cell.

    Raises:
        ValueError: there is something else in it.
    """
    return [float(number) for number in text.strip().removeprefix("[").removesuffix("]").replace(",", " ").split()]


def value_of(text: str, kind: AttributeType) -> Any:
    """What a cell says; None for NaN, which other tools write for what is missing.

    Raises:
        ValueError: it is not of this type.
    """
    return _READERS[kind](text)


def _integer(text: str) -> int:
    found = _INTEGER.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return int(found[1])


def _float(text: str) -> float | None:
    number = float(text)
    return None if number != number else number  # noqa: PLR0124 - NaN alone differs from itself


def _boolean(text: str) -> bool:
    found = _BOOLEANS.get(text.strip().lower())
    if found is None:
        raise ValueError(text)
    return found


def _list(text: str) -> list[str]:
    found = orjson.loads(text)
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise ValueError(text)
    return found


_READERS: Final[Mapping[AttributeType, Callable[[str], Any]]] = {
    AttributeType.STRING: str,
    AttributeType.INTEGER: _integer,
    AttributeType.FLOAT: _float,
    AttributeType.BOOLEAN: _boolean,
    AttributeType.STRING_LIST: _list,
}
