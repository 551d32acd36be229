"""What the operators mean. Source: cloud.google.com/workflows/docs/reference/syntax/datatypes."""

import math
import operator
from collections.abc import Callable
from typing import Any, Final

from swell.local.workflows.failure import failure

_INT64: Final = range(-(2**63), 2**63)
_Binary = Callable[[Any, Any], Any]


def type_name(value: Any) -> str:  # noqa: PLR0911 - one for each type
    """What `get_type` says."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "double"
        case str():
            return "string"
        case list():
            return "list"
        case dict():
            return "map"
        case _:
            return "bytes"


def is_number(value: Any) -> bool:
    """An integer or a double; true is neither."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_text(value: Any) -> str:
    """A scalar as `string()` and concatenation write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def apply_infix(sign: str, left: Any, right: Any) -> Any:
    """The value of `left sign right`, for every operator but `and` and `or`.

    Raises:
        Raised: TypeError, ZeroDivisionError, or ValueError for a number out of range.
    """
    if sign in ("==", "!="):
        return _equal(left, right) == (sign == "==")
    if sign == "in":
        return _contains(left, right)
    if sign in _ORDER:
        return _ordered(sign, left, right)
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return _joined(left, right)
    if not (is_number(left) and is_number(right)):
        raise _type_error(sign, left, right)
    if sign in ("/", "//", "%") and right == 0:
        raise failure("ZeroDivisionError", "division by zero")
    return _in_range(_ARITHMETIC[sign](left, right))


def apply_prefix(sign: str, value: Any) -> Any:
    """The value of `not value` or `-value`.

    Raises:
        Raised: TypeError.
    """
    if sign == "not":
        return not truth(value, "not")
    if not is_number(value):
        raise failure("TypeError", f"- takes a number, got {type_name(value)}")
    return _in_range(-value)


def truth(value: Any, where: str) -> bool:
    """A boolean as it is: nothing else counts as true or false.

    Raises:
        Raised: TypeError.
    """
    if not isinstance(value, bool):
        raise failure("TypeError", f"{where} takes a boolean, got {type_name(value)}")
    return value


def element(container: Any, key: Any) -> Any:
    """`container[key]`.

    Raises:
        Raised: KeyError, IndexError or TypeError.
    """
    if isinstance(container, dict):
        if not isinstance(key, str):
            raise failure("TypeError", f"keys of maps are strings, got {type_name(key)}")
        if key not in container:
            raise failure("KeyError", f"key not found: {key}")
        return container[key]
    if isinstance(container, list):
        if not isinstance(key, int) or isinstance(key, bool):
            raise failure("TypeError", f"indexes of lists are integers, got {type_name(key)}")
        if not 0 <= key < len(container):
            raise failure("IndexError", f"index out of range: {key} of {len(container)}")
        return container[key]
    raise failure("TypeError", f"only maps and lists have elements, got {type_name(container)}")


def _equal(left: Any, right: Any) -> bool:
    if is_number(left) and is_number(right):
        return bool(left == right)
    return type_name(left) == type_name(right) and bool(left == right)


def _contains(item: Any, container: Any) -> bool:
    if isinstance(container, dict):
        return isinstance(item, str) and item in container
    if isinstance(container, list):
        return any(_equal(item, each) for each in container)
    raise failure("TypeError", f"in takes a list or a map on its right, got {type_name(container)}")


def _ordered(sign: str, left: Any, right: Any) -> bool:
    comparable = (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))
    if not comparable:
        raise _type_error(sign, left, right)
    return bool(_ORDER[sign](left, right))


def _joined(left: Any, right: Any) -> str:
    if not all(isinstance(each, str | int | float | bool) for each in (left, right)):
        raise _type_error("+", left, right)
    return as_text(left) + as_text(right)


def _in_range(value: Any) -> Any:
    if (isinstance(value, int) and value not in _INT64) or (isinstance(value, float) and not math.isfinite(value)):
        raise failure("ValueError", "the result is not a number of 64 bits")
    return value


def _type_error(sign: str, left: Any, right: Any) -> Exception:
    return failure("TypeError", f"{sign} does not take {type_name(left)} and {type_name(right)}")


_ORDER: Final[dict[str, _Binary]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_ARITHMETIC: Final[dict[str, _Binary]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
