"""Conversions, `default`, `if`, `math.*`: cloud.google.com/workflows/docs/reference/stdlib/expression-helpers."""

import math
from typing import Any, Final

from swell.local.workflows.expressions.operators import as_text, truth, type_name
from swell.local.workflows.failure import failure
from swell.local.workflows.library.function import Function, required, take


def _int(value: Any) -> int:
    if isinstance(value, str):
        return int(_number(value, int))
    return int(take("int", value, int, float))


def _double(value: Any) -> float:
    if isinstance(value, str):
        return float(_number(value, float))
    return float(take("double", value, int, float))


def _number(text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise failure("ValueError", f"{text!r} is not a number") from None


def _string(value: Any) -> str:
    return as_text(take("string", value, str, int, float, bool))


def _default(value: Any, default_value: Any) -> Any:
    return default_value if value is None else value


def _if(condition: Any, ifTrue: Any, ifFalse: Any) -> Any:  # noqa: N803 - documented names
    return ifTrue if truth(condition, "if") else ifFalse


def _floor(x: Any) -> int:
    return math.floor(float(take("math.floor", x, int, float)))


def _abs(x: Any) -> Any:
    return abs(take("math.abs", x, int, float))


def _max(x: Any, y: Any) -> Any:
    return max(take("math.max", x, int, float), take("math.max", y, int, float))


def _min(x: Any, y: Any) -> Any:
    return min(take("math.min", x, int, float), take("math.min", y, int, float))


FUNCTIONS: Final = (
    Function("int", required("value"), _int),
    Function("double", required("value"), _double),
    Function("string", required("value"), _string),
    Function("get_type", required("value"), type_name),
    Function("default", required("value", "default_value"), _default),
    Function("if", required("condition", "ifTrue", "ifFalse"), _if),
    Function("math.floor", required("x"), _floor),
    Function("math.abs", required("x"), _abs),
    Function("math.max", required("x", "y"), _max),
    Function("math.min", required("x", "y"), _min),
)
