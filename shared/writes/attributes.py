"""Attributes of records against what their collection declares."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from shared.domain.collection import AttributeType
from shared.domain.limits import ATTRIBUTE_NAME, MAX_ATTRIBUTES_BYTES_PER_RECORD
from shared.errors import FieldProblem, InvalidRequest, shortened

_INT64: Final = range(-(2**63), 2**63)
_MAX_PROBLEMS: Final = 20


def check_attributes(
    records: Sequence[Mapping[str, Any] | None],
    declared: Mapping[str, AttributeType],
    *,
    where: Callable[[int], str],
) -> None:
    """Refuse values that do not fit their declared type; undeclared attributes are kept, but cannot be filtered on.

    `where` names the attributes of the record at a place, for error messages. A null is as good as absent.

    Raises:
        InvalidRequest: naming each attribute, its value and what is allowed.
    """
    problems: list[FieldProblem] = []
    for place, attributes in enumerate(records):
        if attributes and len(problems) < _MAX_PROBLEMS:
            problems += _problems(attributes, declared, where(place))
    if problems:
        raise InvalidRequest(*problems[:_MAX_PROBLEMS])


def _problems(attributes: Mapping[str, Any], declared: Mapping[str, AttributeType], field: str) -> list[FieldProblem]:
    problems = [
        FieldProblem(f"{field}.{name}", shortened(value), _ALLOWED[declared[name]])
        for name, value in attributes.items()
        if name in declared and value is not None and not _fits(value, declared[name])
    ]
    problems += [
        FieldProblem(field, shortened(name), f"attribute names matching {ATTRIBUTE_NAME.pattern}")
        for name in attributes
        if not ATTRIBUTE_NAME.fullmatch(name)
    ]
    try:
        size = len(orjson.dumps(attributes))
    except orjson.JSONEncodeError:
        return [
            *problems,
            FieldProblem(field, "a number beyond 64 bits", "JSON values with integers of 64 bits"),
        ]
    if size > MAX_ATTRIBUTES_BYTES_PER_RECORD:
        limit = f"at most {MAX_ATTRIBUTES_BYTES_PER_RECORD} bytes of JSON"
        problems.append(FieldProblem(field, f"{size} bytes", limit))
    return problems


_ALLOWED: Final = {
    AttributeType.STRING: "a string",
    AttributeType.INTEGER: "an integer of 64 bits",
    AttributeType.FLOAT: "a finite number",
    AttributeType.BOOLEAN: "true or false",
    AttributeType.STRING_LIST: "a list of strings",
}


def _fits(value: Any, kind: AttributeType) -> bool:
    match kind:
        case AttributeType.STRING:
            return isinstance(value, str)
        case AttributeType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool) and value in _INT64
        case AttributeType.FLOAT:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case AttributeType.BOOLEAN:
            return isinstance(value, bool)
        case AttributeType.STRING_LIST:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
