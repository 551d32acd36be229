"""Filters: their JSON form, checked against the declared attributes, as a tree of values.

Forms: `{"and": [...]}`, `{"or": [...]}`, `{"not": {...}}`, `{"eq": {"attr": value}}`, `{"in": {"attr": [...]}}`,
`{"range": {"attr": {"gte": 1, "lt": 5}}}`, `{"exists": "attr"}`.

An absent attribute matches no `eq`, `in` or `range`; `not` turns that round. On a string list, `eq` and `in` ask
whether the list contains a value. Ranges are for numbers and, by their UTF-8 bytes, strings (ISO dates, for one).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Never

from shared.domain.collection import AttributeType
from shared.errors import FieldProblem, InvalidRequest

MAX_DEPTH: Final = 8
MAX_NODES: Final = 256
MAX_IN_VALUES: Final = 1000
_INTEGER_LIMIT: Final = 2**63
_RANGE_BOUNDS: Final = ("gt", "gte", "lt", "lte")
_ORDERED: Final = (AttributeType.INTEGER, AttributeType.FLOAT, AttributeType.STRING)

Scalar = str | int | float | bool


@dataclass(frozen=True)
class In:
    """The attribute is one of the values, or a list that contains one; `eq` is one value."""

    attribute: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Range:
    """The attribute lies within all bounds, each a name of gt, gte, lt, lte with its limit."""

    attribute: str
    bounds: tuple[tuple[str, Scalar], ...]


@dataclass(frozen=True)
class Exists:
    """The attribute is present and not null."""

    attribute: str


@dataclass(frozen=True)
class And:
    """All items hold."""

    items: tuple["Filter", ...]


@dataclass(frozen=True)
class Or:
    """At least one item holds."""

    items: tuple["Filter", ...]


@dataclass(frozen=True)
class Not:
    """The item does not hold."""

    item: "Filter"


Filter = In | Range | Exists | And | Or | Not


def parse_filter(document: Any, attributes: Mapping[str, AttributeType]) -> Filter:
    """Read the JSON form of a filter.

    Raises:
        InvalidRequest: it is malformed, deeper than 8, larger than 256 nodes, has more than 1,000 values in one `in`,
            or names an attribute that is not declared or a value that is not of its type.
    """
    return _Parser(attributes).parse(document, "filter", 1)


def _refuse(field: str, value: Any, allowed: str) -> Never:
    raise InvalidRequest(FieldProblem(field, repr(value)[:64], allowed))


class _Parser:
    """Walks one document; `path` says where in it, for errors."""

    def __init__(self, attributes: Mapping[str, AttributeType]) -> None:
        self._attributes = attributes
        self._nodes = 0
        self._forms: Mapping[str, Callable[[Any, str, int], Filter]] = {
            "and": lambda body, path, depth: And(self._items(body, path, depth)),
            "or": lambda body, path, depth: Or(self._items(body, path, depth)),
            "not": lambda body, path, depth: Not(self.parse(body, path, depth + 1)),
            "eq": self._eq,
            "in": self._in,
            "range": self._range,
            "exists": self._exists,
        }

    def parse(self, document: Any, path: str, depth: int) -> Filter:
        self._nodes += 1
        if depth > MAX_DEPTH:
            _refuse(path, f"depth {depth}", f"depth up to {MAX_DEPTH}")
        if self._nodes > MAX_NODES:
            _refuse("filter", "more nodes", f"up to {MAX_NODES} nodes")
        if not isinstance(document, Mapping) or len(document) != 1:
            _refuse(path, document, f"an object with one of {', '.join(self._forms)}")
        ((form, body),) = document.items()
        if form not in self._forms:
            _refuse(path, form, f"one of {', '.join(self._forms)}")
        return self._forms[form](body, f"{path}.{form}", depth)

    def _items(self, body: Any, path: str, depth: int) -> tuple[Filter, ...]:
        if not isinstance(body, Sequence) or isinstance(body, str) or not body:
            _refuse(path, body, "a list of at least one filter")
        return tuple(self.parse(item, f"{path}[{place}]", depth + 1) for place, item in enumerate(body))

    def _eq(self, body: Any, path: str, _: int) -> Filter:
        name, kind, value = self._named(body, path)
        return In(name, (_checked(value, kind, f"{path}.{name}"),))

    def _in(self, body: Any, path: str, _: int) -> Filter:
        name, kind, values = self._named(body, path)
        place = f"{path}.{name}"
        if not isinstance(values, Sequence) or isinstance(values, str) or not values:
            _refuse(place, values, "a list of at least one value")
        if len(values) > MAX_IN_VALUES:
            _refuse(place, f"{len(values)} values", f"up to {MAX_IN_VALUES} values")
        return In(name, tuple(_checked(value, kind, place) for value in values))

    def _range(self, body: Any, path: str, _: int) -> Filter:
        name, kind, bounds = self._named(body, path)
        place = f"{path}.{name}"
        if kind not in _ORDERED:
            _refuse(place, kind.value, "an integer, float or string attribute")
        if not isinstance(bounds, Mapping) or not bounds or not set(bounds) <= set(_RANGE_BOUNDS):
            _refuse(place, bounds, f"an object of {', '.join(_RANGE_BOUNDS)}")
        return Range(
            name, tuple((bound, _checked(limit, kind, f"{place}.{bound}")) for bound, limit in sorted(bounds.items()))
        )

    def _exists(self, body: Any, path: str, _: int) -> Filter:
        self._kind(body, path)
        return Exists(body)

    def _named(self, body: Any, path: str) -> tuple[str, AttributeType, Any]:
        if not isinstance(body, Mapping) or len(body) != 1:
            _refuse(path, body, "an object with one attribute")
        ((name, value),) = body.items()
        return name, self._kind(name, path), value

    def _kind(self, name: Any, path: str) -> AttributeType:
        if not isinstance(name, str) or name not in self._attributes:
            _refuse(path, name, f"a declared attribute: {', '.join(sorted(self._attributes)) or 'none is declared'}")
        return self._attributes[name]


def _checked(value: Any, kind: AttributeType, path: str) -> Scalar:
    """The value, if an attribute of that type can be compared with it. A number compares with any number."""
    if kind in {AttributeType.STRING, AttributeType.STRING_LIST}:
        fits = isinstance(value, str)
    elif kind is AttributeType.BOOLEAN:
        fits = isinstance(value, bool)
    elif isinstance(value, int) and not isinstance(value, bool):
        fits = -_INTEGER_LIMIT <= value < _INTEGER_LIMIT
    else:
        fits = isinstance(value, float) and isfinite(value)
    if not fits:
        _refuse(path, value, _COMPARABLE[kind])
    scalar: Scalar = value
    return scalar


_COMPARABLE: Final[Mapping[AttributeType, str]] = {
    AttributeType.STRING: "a string",
    AttributeType.STRING_LIST: "a string",
    AttributeType.BOOLEAN: "true or false",
    AttributeType.INTEGER: "a finite number, integers of 64 bits",
    AttributeType.FLOAT: "a finite number, integers of 64 bits",
}
