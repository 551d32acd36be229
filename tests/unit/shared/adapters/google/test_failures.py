"""What Google's errors mean."""

from collections.abc import Callable

import pytest
from google.api_core import exceptions
from google.auth.exceptions import TransportError

from shared.adapters.google.failures import dependency_errors
from shared.errors import DependencyUnavailable


@pytest.mark.parametrize(
    "kind",
    [
        exceptions.Aborted,
        exceptions.DeadlineExceeded,
        exceptions.ServiceUnavailable,
        exceptions.InternalServerError,
        exceptions.Unknown,
        exceptions.BadGateway,
        exceptions.GatewayTimeout,
        exceptions.ResourceExhausted,
        exceptions.TooManyRequests,
        exceptions.Cancelled,
        exceptions.RetryError,
        TransportError,
    ],
)
def test_what_may_pass_is_unavailability(kind: Callable[..., Exception]) -> None:
    """Trying again later can succeed; the cause is kept."""
    error = kind("why", *([None] if kind is exceptions.RetryError else []))

    with pytest.raises(DependencyUnavailable, match="reading a/1") as raised, dependency_errors("reading a/1"):
        raise error

    assert error is raised.value.__cause__


@pytest.mark.parametrize(
    "kind",
    [
        exceptions.PermissionDenied,
        exceptions.InvalidArgument,
        exceptions.NotFound,
        exceptions.AlreadyExists,
        exceptions.FailedPrecondition,
        KeyError,
    ],
)
def test_what_will_not_pass_by_itself_is_raised_as_it_is(kind: Callable[..., Exception]) -> None:
    """The adapter knows what it means, or nobody does."""
    error = kind("why")

    with pytest.raises(type(error)) as raised, dependency_errors("reading a/1"):
        raise error

    assert error is raised.value
