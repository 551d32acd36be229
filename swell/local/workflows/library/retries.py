"""Default retry policies: cloud.google.com/workflows/docs/reference/stdlib/http/default_retry and beside it."""

from collections.abc import Mapping
from typing import Any, Final

from swell.local.workflows.library.function import Function, required

_IDEMPOTENT: Final = "http.default_retry_predicate"
_NON_IDEMPOTENT: Final = "http.default_retry_predicate_non_idempotent"


def _may_retry(codes: tuple[int, ...], tags: tuple[str, ...], exception: Any) -> bool:
    if not isinstance(exception, dict):
        return False
    return exception.get("code") in codes or any(tag in exception.get("tags", ()) for tag in tags)


def _idempotent(exception: Any) -> bool:
    return _may_retry((429, 502, 503, 504), ("ConnectionError", "ConnectionFailedError", "TimeoutError"), exception)


def _non_idempotent(exception: Any) -> bool:
    return _may_retry((429, 503), ("ConnectionFailedError",), exception)


FUNCTIONS: Final = (
    Function(_IDEMPOTENT, required("exception"), _idempotent),
    Function(_NON_IDEMPOTENT, required("exception"), _non_idempotent),
)

DEFAULT_BACKOFF: Final = {"initial_delay": 1.0, "max_delay": 60.0, "multiplier": 1.25}
"""`retry.default_backoff`: a second, at most a minute, times 1.25."""

POLICIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "http.default_retry": {"predicate": _IDEMPOTENT, "max_retries": 5, "backoff": DEFAULT_BACKOFF},
    "http.default_retry_non_idempotent": {"predicate": _NON_IDEMPOTENT, "max_retries": 5, "backoff": DEFAULT_BACKOFF},
}
