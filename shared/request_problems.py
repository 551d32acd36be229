"""What pydantic finds wrong with a request, in our words: field, value, and what is allowed."""

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from shared.errors import FieldProblem, InvalidRequest, shortened
from shared.vectors import BASE64, NUMBERS

_PREAMBLE: Final = re.compile(r"^(Input|Value|String|List|Dictionary) should (be |have )")
_NAMED: Final = re.compile(r"(?P<field>[a-z_.]+): got (?P<value>.*), allowed: (?P<allowed>.*)", re.DOTALL)
"""How a rule over several fields names the one that it refuses."""
_KEY: Final = "[key]"
_ALLOWED: Final[Mapping[str, str]] = {
    "missing": "a value (the field is required)",
    "extra_forbidden": "no such field",
    "json_invalid": "JSON ({error})",
    "value_error": "{error}",
    "too_long": "at most {max_length} items",
    "too_short": "at least {min_length} item(s)",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "string_pattern_mismatch": "text matching {pattern}",
    "union_tag_invalid": "{discriminator}: one of {expected_tags}",
    "timezone_aware": "a time with its offset, such as 2026-12-31T20:00:00Z",
    "timezone_naive": "a wall-clock time without an offset, such as 2026-12-31T20:00",
}
"""What pydantic's kinds of errors allow, where its own words speak of Python."""


def invalid_request(error: ValidationError) -> InvalidRequest:
    """What pydantic found, in our words."""
    return InvalidRequest(*_problems(error))


def _problems(error: ValidationError) -> list[FieldProblem]:
    return [_problem(problem) for problem in error.errors(include_url=False)[:20]]


def _problem(problem: Any) -> FieldProblem:
    allowed = _allowed(problem)
    if problem["type"] == "value_error" and (named := _NAMED.fullmatch(allowed)) is not None:
        place = problem["loc"] if problem["loc"][-1:] == (named["field"],) else (*problem["loc"], named["field"])
        return FieldProblem(_field(place), named["value"], named["allowed"])
    return FieldProblem(_field(problem["loc"]), _value(problem), allowed)


def _value(problem: Any) -> str:
    if problem["type"] == "missing":
        return "nothing"
    if problem["type"] == "string_too_long":
        return f"{len(problem['input']):,} characters"
    return shortened(problem["input"])


def _field(location: tuple[int | str, ...]) -> str:
    named = [part for part in location if part not in (NUMBERS, BASE64, _KEY)]
    parts = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in named)
    return parts.lstrip(".") or "body"


def _allowed(problem: Any) -> str:
    words = _ALLOWED.get(problem["type"])
    return _PREAMBLE.sub("", str(problem["msg"])) if words is None else words.format(**problem.get("ctx", {}))
