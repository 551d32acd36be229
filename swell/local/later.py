"""An app that is made when the first request for it comes."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

A = TypeVar("A", bound=ASGIApp)


class Later(Generic[A]):
    """Makes an ASGI app, imports included, at its first request: until then it costs a start nothing."""

    def __init__(self, make: Callable[[], A]) -> None:
        self._make = make
        self._making = Lock()
        self.made: A | None = None

    def get(self) -> A:
        """The app; from any thread."""
        with self._making:
            self.made = self.made or self._make()
        return self.made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer."""
        await (self.made or self.get())(scope, receive, send)
