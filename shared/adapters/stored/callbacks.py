"""Callbacks of the workflows that run on this machine: what comes to an address is kept until it is asked for."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from shared.errors import Conflict, NotFound
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, PreconditionFailed, Put, StateStore

PATH: Final = "/workflow_callbacks/"
_DESK: Final = "workflow_callbacks"
_OPEN_FOR: Final = timedelta(days=365)


class StoredCallbacks:
    """One document an address, by the secret in its path: a restart may have moved the port before it."""

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def open(self, token: str, method: str) -> None:
        """Have an address take one request of this method."""
        opened = {"method": method, "request": None}
        self._state.commit([Put(f"{_DESK}/{token}", opened, ABSENT, self._clock.now() + _OPEN_FOR)])

    def received(self, token: str) -> Mapping[str, Any] | None:
        """What came to an address, if anything did.

        Raises:
            KeyError: there is no such address.
        """
        found = self._state.get(f"{_DESK}/{token}") if _is_plain(token) else None
        if found is None:
            raise KeyError(token)
        request: Mapping[str, Any] | None = found.data["request"]
        return request

    def take(self, token: str, request: Mapping[str, Any]) -> None:
        """Keep what came to an address; `request` is as `http_request` of a callback, with its `method`.

        Raises:
            NotFound: there is no such address, or it takes another method.
            Conflict: something came before; only the first counts.
        """
        found = self._state.get(f"{_DESK}/{token}") if _is_plain(token) else None
        if found is None or found.data["method"] != request["method"]:
            raise NotFound("no callback is awaited here with this method")
        if found.data["request"] is not None:
            raise Conflict("this callback was received before")
        now = self._clock.now()
        told = {"http_request": dict(request), "received_time": now.isoformat(), "type": "HTTP"}
        try:
            self._state.commit([Put(found.path, {**found.data, "request": told}, found.version, now + _OPEN_FOR)])
        except PreconditionFailed:
            raise Conflict("this callback was received before") from None

    def allows(self, url: str) -> bool:
        """As the port."""
        parts = urlsplit(url)
        return parts.scheme == "http" and parts.hostname == "127.0.0.1" and _is_plain(token_of(url))

    def send(self, url: str, body: Any) -> bool:
        """As the port; no connection is made."""
        request = {"body": body, "headers": {}, "method": "POST", "query": {}, "url": urlsplit(url).path}
        try:
            self.take(token_of(url), request)
        except (NotFound, Conflict):
            return False
        return True


def token_of(url: str) -> str:
    """The secret in an address, or nothing."""
    return url.rpartition(PATH)[2] if PATH in url else ""


def _is_plain(token: str) -> bool:
    return bool(token) and "/" not in token
