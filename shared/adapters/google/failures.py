"""What Google's errors mean to the caller of a port."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from google.api_core import exceptions
from google.auth.exceptions import TransportError

from shared.errors import DependencyUnavailable

TRANSIENT: Final = (
    exceptions.Aborted,  # lost to contention; nothing was done
    exceptions.Cancelled,
    exceptions.TooManyRequests,  # RESOURCE_EXHAUSTED too
    exceptions.ServerError,  # 5xx: UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN
    exceptions.RetryError,  # a retry policy ran out of time
    TransportError,  # no token, no connection
)
"""The service did not answer, or refused for load. All else, such as a missing permission, is not ours to explain."""


@contextmanager
def dependency_errors(what: str) -> Iterator[None]:
    """Raise `DependencyUnavailable` for a failure that may pass."""
    try:
        yield
    except TRANSIENT as error:
        raise DependencyUnavailable(f"{what}: {error}") from error
