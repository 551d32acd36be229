"""`retry`: the whole block again, after growing pauses."""

from collections.abc import Callable
from typing import Any, TypeVar

from swell.local.workflows.definition import Retry
from swell.local.workflows.expressions.operators import is_number, type_name
from swell.local.workflows.expressions.templates import Template
from swell.local.workflows.failure import Raised, failure

T = TypeVar("T")


def run_with_retries(
    retry: Retry,
    attempt: Callable[[int], T],
    *,
    value: Callable[[Template], Any],
    applies: Callable[[str, Any], bool],
    pause: Callable[[float], None],
) -> T:
    """What the first attempt that succeeds gives.

    Raises:
        Raised: the last error, once the retries are used up; or one that the predicate does not apply to.
    """
    retries = value(retry.max_retries)
    if type_name(retries) != "integer":
        raise failure("TypeError", f"max_retries takes an integer, got {type_name(retries)}")
    delay_s, max_delay_s, multiplier = (
        _number(name, value(each))
        for name, each in (
            ("initial_delay", retry.initial_delay_s),
            ("max_delay", retry.max_delay_s),
            ("multiplier", retry.multiplier),
        )
    )
    for number in range(1, retries + 1):
        try:
            return attempt(number)
        except Raised as error:
            if not applies(retry.predicate, error.payload):
                raise
        pause(min(delay_s, max_delay_s))
        delay_s *= multiplier
    return attempt(max(retries, 0) + 1)


def _number(name: str, given: Any) -> float:
    if not is_number(given) or given < 0:
        raise failure("TypeError", f"{name} takes a number of seconds or a factor, got {given!r:.30}")
    return float(given)
