"""Refusals of a caller. Their texts never say whether a key, a tenant or a collection exists."""

from collections.abc import Mapping

from shared.auth.scope import Scope
from shared.errors import PermanentError, TransientError


class Unauthenticated(PermanentError):  # noqa: N818 - named for what is wrong, as RFC 9457 problem types are
    """No key was given, or one that is not valid: unknown, mistyped, expired and revoked look the same."""

    code = "unauthenticated"
    status = 401

    def __init__(self, *, key_given: bool) -> None:
        super().__init__(
            "this key is not valid" if key_given else "a key is needed: send it as `Authorization: Bearer swl_…`"
        )
        self._key_given = key_given

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge (RFC 6750, section 3)."""
        return {"WWW-Authenticate": 'Bearer realm="swell"' + (', error="invalid_token"' if self._key_given else "")}


class Forbidden(PermanentError):  # noqa: N818
    """The key is valid, and may not do this."""

    code = "forbidden"
    status = 403


class MissingScope(Forbidden):
    """The key lacks the scope that the request needs."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"this key has no scope {scope.value!r}, which this request needs")
        self._scope = scope

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge (RFC 6750, section 3.1)."""
        return {"WWW-Authenticate": f'Bearer realm="swell", error="insufficient_scope", scope="{self._scope.value}"'}


class TooManyUnknownKeys(TransientError):  # noqa: N818
    """Keys that this instance has not seen come faster than it looks them up: somebody is guessing."""

    code = "too_many_unknown_keys"
    status = 429
