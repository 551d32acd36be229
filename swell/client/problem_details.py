"""Error answers (RFC 9457 problem details) become exceptions."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from swell.client.errors import (
    ApiError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    Problem,
    ServerError,
    UnavailableError,
)

if TYPE_CHECKING:
    import httpx

_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    404: NotFoundError,
    409: ConflictError,
    429: UnavailableError,
    503: UnavailableError,
}
_RECORD_PLACE: Final = re.compile(r"^(records|ids|vectors)\[(\d+)\]")


def error_of(response: "httpx.Response") -> ApiError:
    """The exception for an error answer, also one that some proxy on the way made."""
    document = _document(response)
    if document is None:
        return _error_type(response.status_code)(
            f"{response.request.url} answered {response.status_code} {response.reason_phrase} without problem details",
            code="http",
            status=response.status_code,
            retry_after_s=_retry_after_s(response),
        )
    return error_from(document, status=response.status_code, retry_after_s=_retry_after_s(response))


def error_from(
    document: Mapping[str, Any], *, status: int | None = None, retry_after_s: float | None = None
) -> ApiError:
    """The exception for problem details, which also come inside a stream."""
    status = int(document.get("status", 500)) if status is None else status
    return _error_type(status)(
        str(document.get("detail", document.get("title", "no detail"))),
        code=str(document.get("type", "")).rpartition("/")[2] or "http",
        status=status,
        problems=tuple(
            Problem(str(entry.get("field")), str(entry.get("value")), str(entry.get("allowed")))
            for entry in document.get("errors", [])
        ),
        retry_after_s=retry_after_s,
    )


def shifted(error: InvalidRequestError, by: int) -> InvalidRequestError:
    """The same error with places counted in the caller's list, of which a batch `by` places in was refused."""
    if by == 0 or not error.problems:
        return error
    problems = tuple(
        Problem(
            _RECORD_PLACE.sub(lambda place: f"{place[1]}[{int(place[2]) + by}]", problem.field),
            problem.value,
            problem.allowed,
        )
        for problem in error.problems
    )
    detail = "; ".join(str(problem) for problem in problems)
    return InvalidRequestError(detail, code=error.code, status=error.status, problems=problems)


def _document(response: "httpx.Response") -> dict[str, Any] | None:
    try:
        document = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) and "title" in document else None


def _error_type(status: int) -> type[ApiError]:
    if status >= 500:
        return _BY_STATUS.get(status, ServerError)
    return _BY_STATUS.get(status, InvalidRequestError)


def _retry_after_s(response: "httpx.Response") -> float | None:
    """Seconds only: the other form, a date, is never sent by Swell."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
