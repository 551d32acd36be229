"""What the client raises: one exception type for each way in which a call can fail."""

from dataclasses import dataclass
from typing import Final

from swell.client.operation import Operation

BACKLOG_FULL: Final = "backlog_full"
"""The `code` of a refusal because too many writes wait to be committed."""


@dataclass(frozen=True)
class Problem:
    """One rejected input: which field, what it was, what is allowed."""

    field: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: got {self.value}, allowed: {self.allowed}"


class ClientError(Exception):
    """Any failure of a call."""

    records_accepted: int = 0
    """Records of the same call that had been accepted before it failed; they are or will be stored."""


class UnreachableError(ClientError):
    """No answer came. `sent` says whether the request may have reached the server, and so may have had its effect."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class ApiError(ClientError):
    """The server answered with an error.

    `code` is stable and made for programs; `problems` names each rejected field; the text is made for people.
    `retry_after_s` is set when the server says that trying again can succeed.
    """

    def __init__(
        self,
        detail: str,
        *,
        code: str,
        status: int,
        problems: tuple[Problem, ...] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.problems = problems
        self.retry_after_s = retry_after_s


class InvalidRequestError(ApiError):
    """The request is not allowed as it is; `problems` says what is wrong with it."""


class NotFoundError(ApiError):
    """The collection or the record does not exist."""


class ConflictError(ApiError):
    """The request contradicts what is there, such as a collection of the same name with another dimension."""


class UnavailableError(ApiError):
    """The server cannot do it now; the same call can succeed later."""


class ServerError(ApiError):
    """The server failed, or what answered is not Swell."""


class OperationFailedError(ClientError):
    """An import or export has ended without being done; `operation` says how far it came."""

    def __init__(self, operation: Operation) -> None:
        reason = operation.error["detail"] if operation.error else "it was cancelled"
        super().__init__(f"{operation.kind} {operation.id} of collection {operation.collection}: {reason}")
        self.operation = operation
