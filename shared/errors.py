"""The error taxonomy: what a failure means to the caller, and whether trying again can help.

`PermanentError` is acknowledged and parked (events) or answered with 4xx (HTTP): the same input fails again.
`TransientError` is raised so that Pub/Sub redelivers, or answered with 503 and `Retry-After`.
Anything else is a defect: treated as transient, ended by the dead-letter limit.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldProblem:
    """One rejected input: which field, what it was (shortened), what is allowed."""

    field: str
    value: str
    allowed: str

    def __str__(self) -> str:
        """Read as one sentence."""
        return f"{self.field}: got {self.value}, allowed: {self.allowed}"


def cut(text: str, limit: int) -> str:
    """A text in so many characters at most."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shortened(value: Any, limit: int = 64) -> str:
    """A value as an error message may show it."""
    return cut(repr(value), limit)


class SwellError(Exception):
    """Any failure that Swell raises on purpose. `code` is stable and documented; `status` is its HTTP status."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers that belong to the answer."""
        return {}


class PermanentError(SwellError):
    """Trying the same thing again cannot succeed."""

    code = "permanent"
    status = 400


class InvalidRequest(PermanentError):  # noqa: N818 - named for what is wrong, as RFC 9457 problem types are
    """Input from outside is not allowed; `problems` names each field, its value and what is allowed."""

    code = "invalid_request"
    status = 400

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class RequestTooLarge(InvalidRequest):
    """The body is larger than one request may be."""

    code = "request_too_large"
    status = 413


class RequestTooSlow(PermanentError):  # noqa: N818
    """The body took longer to come than a request may keep its place."""

    code = "request_too_slow"
    status = 408


class MalformedEvent(PermanentError):  # noqa: N818
    """A delivery does not meet its contract."""

    code = "malformed_event"


class NotFound(PermanentError):  # noqa: N818
    """The collection, record or operation does not exist."""

    code = "not_found"
    status = 404


class Conflict(PermanentError):  # noqa: N818
    """The request contradicts what is already there: other settings, another body under the same key."""

    code = "conflict"
    status = 409


class CorruptObject(PermanentError):  # noqa: N818
    """A stored object is not what its manifest says: size, checksum, format, dimension."""

    code = "corrupt_object"
    status = 500


class ConfigurationError(PermanentError):
    """Settings are missing or contradict each other. Raised at start, never while serving."""

    code = "configuration"
    status = 500


class TransientError(SwellError):
    """Trying again later can succeed, after `retry_after_s` at the earliest."""

    code = "unavailable"
    status = 503
    retry_after_s: float = 1.0

    @property
    def headers(self) -> Mapping[str, str]:
        """When to try again, in whole seconds (RFC 9110, section 10.2.3)."""
        return {"Retry-After": str(max(1, math.ceil(self.retry_after_s)))}


class DependencyUnavailable(TransientError):  # noqa: N818
    """The state store, the object store or Pub/Sub did not answer, or refused for load."""

    code = "dependency_unavailable"


class NotProvisioned(DependencyUnavailable):
    """The dependency answered that a part of the deployment is not there (yet), such as a topic."""


class RevisionConflict(TransientError):  # noqa: N818
    """A compare-and-set lost to another writer more often than the retry policy allows."""

    code = "revision_conflict"


class VersionNotVisible(TransientError):  # noqa: N818
    """The version that a query asked for did not become visible before its deadline."""

    code = "version_not_visible"


class CommitPending(TransientError):  # noqa: N818
    """The write is accepted and will be applied, but was not committed before the request's deadline."""

    code = "commit_pending"
