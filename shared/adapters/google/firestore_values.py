"""JSON values as Firestore holds them.

Firestore takes every JSON value but an array directly inside an array. Such an inner array is stored as a map with
the one field `[]`; a map in an array that itself has only that field is stored inside another such map.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

_INNER: Final = "[]"


def to_firestore(value: Any) -> Any:
    """The value to store."""
    if isinstance(value, Mapping):
        return {name: to_firestore(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_element_to_firestore(item) for item in value]
    return value


def from_firestore(value: Any) -> Any:
    """The JSON value that was stored."""
    if isinstance(value, dict):
        return {name: from_firestore(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_element_from_firestore(item) for item in value]
    return value


def _element_to_firestore(item: Any) -> Any:
    stored = to_firestore(item)
    needs_wrapping = isinstance(stored, list) or (isinstance(stored, dict) and stored.keys() == {_INNER})
    return {_INNER: stored} if needs_wrapping else stored


def _element_from_firestore(item: Any) -> Any:
    is_wrapped = isinstance(item, dict) and item.keys() == {_INNER}
    return from_firestore(item[_INNER] if is_wrapped else item)
