"""Filters: what is accepted, and what is refused by name."""

from typing import Any

import pytest

from shared.domain.collection import AttributeType
from shared.errors import InvalidRequest
from shared.index.filter import And, Exists, In, Not, Or, Range, parse_filter

_DECLARED = {
    "lang": AttributeType.STRING,
    "year": AttributeType.INTEGER,
    "price": AttributeType.FLOAT,
    "open": AttributeType.BOOLEAN,
    "tags": AttributeType.STRING_LIST,
}


def _nested(depth: int) -> dict[str, Any]:
    return {"exists": "lang"} if depth == 1 else {"not": _nested(depth - 1)}


def test_every_form_is_read() -> None:
    """The JSON forms become values that compare and hash."""
    document = {
        "and": [
            {"eq": {"lang": "fr"}},
            {"or": [{"in": {"year": [1999, 2001]}}, {"not": {"exists": "tags"}}]},
            {"range": {"price": {"gte": 1, "lt": 5.5}}},
        ]
    }

    assert parse_filter(document, _DECLARED) == And(
        (
            In("lang", ("fr",)),
            Or((In("year", (1999, 2001)), Not(Exists("tags")))),
            Range("price", (("gte", 1), ("lt", 5.5))),
        )
    )
    assert hash(parse_filter(document, _DECLARED)) == hash(parse_filter(document, _DECLARED))


@pytest.mark.parametrize(
    ("document", "field", "allowed"),
    [
        pytest.param([], "filter", "an object with one of and, or", id="not an object"),
        pytest.param({}, "filter", "an object with one of", id="empty"),
        pytest.param({"eq": {"lang": "a"}, "exists": "lang"}, "filter", "an object with one of", id="two forms"),
        pytest.param({"near": {}}, "filter", "one of and, or, not", id="unknown form"),
        pytest.param({"and": []}, "filter.and", "at least one filter", id="empty and"),
        pytest.param({"or": {"eq": {}}}, "filter.or", "a list", id="or of an object"),
        pytest.param({"eq": {"colour": "red"}}, "filter.eq", "a declared attribute: lang, open", id="undeclared"),
        pytest.param({"exists": "colour"}, "filter.exists", "a declared attribute", id="exists undeclared"),
        pytest.param({"exists": 3}, "filter.exists", "a declared attribute", id="exists of a number"),
        pytest.param({"eq": {"lang": 3}}, "filter.eq.lang", "a string", id="number for a string"),
        pytest.param({"eq": {"lang": None}}, "filter.eq.lang", "a string", id="null"),
        pytest.param({"eq": {"tags": ["a"]}}, "filter.eq.tags", "a string", id="list for an item"),
        pytest.param({"eq": {"open": 1}}, "filter.eq.open", "true or false", id="number for a boolean"),
        pytest.param({"eq": {"year": True}}, "filter.eq.year", "a finite number", id="boolean for a number"),
        pytest.param({"eq": {"year": 2**63}}, "filter.eq.year", "64 bits", id="integer too large"),
        pytest.param({"eq": {"price": float("nan")}}, "filter.eq.price", "a finite number", id="not a number"),
        pytest.param({"eq": {"lang": "a", "year": 1}}, "filter.eq", "one attribute", id="two attributes"),
        pytest.param({"in": {"lang": []}}, "filter.in.lang", "at least one value", id="empty in"),
        pytest.param({"in": {"lang": "fr"}}, "filter.in.lang", "a list", id="string for a list"),
        pytest.param({"in": {"year": list(range(1001))}}, "filter.in.year", "up to 1000 values", id="long in"),
        pytest.param({"range": {"open": {"gt": 1}}}, "filter.range.open", "an integer, float", id="range of boolean"),
        pytest.param({"range": {"year": {}}}, "filter.range.year", "gt, gte, lt, lte", id="no bounds"),
        pytest.param({"range": {"year": {"above": 1}}}, "filter.range.year", "gt, gte, lt, lte", id="unknown bound"),
        pytest.param({"range": {"year": {"gt": "a"}}}, "filter.range.year.gt", "a finite number", id="bound of text"),
        pytest.param({"and": [{"exists": "x"}]}, "filter.and[0].exists", "a declared attribute", id="path of an item"),
        pytest.param(_nested(9), "filter" + ".not" * 8, "depth up to 8", id="too deep"),
        pytest.param({"or": [{"exists": "lang"}] * 256}, "filter", "up to 256 nodes", id="too many nodes"),
    ],
)
def test_what_is_wrong_is_named(document: Any, field: str, allowed: str) -> None:
    """The error says where, what was found, and what is allowed."""
    with pytest.raises(InvalidRequest) as caught:
        parse_filter(document, _DECLARED)

    (problem,) = caught.value.problems
    assert problem.field == field
    assert allowed in problem.allowed
    assert problem.value


def test_the_limits_themselves_are_allowed() -> None:
    """Depth 8, 256 nodes and 1,000 values pass."""
    parse_filter(_nested(8), _DECLARED)
    parse_filter({"or": [{"exists": "lang"}] * 255}, _DECLARED)
    parse_filter({"in": {"year": list(range(1000))}}, _DECLARED)


def test_without_declarations_the_error_says_so() -> None:
    """A collection that declares nothing cannot be filtered."""
    with pytest.raises(InvalidRequest, match="none is declared"):
        parse_filter({"exists": "lang"}, {})
