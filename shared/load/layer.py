"""Counts what passes through one app, health and metrics left out."""

import time
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth.scope import WATCHED_PATHS
from shared.errors import DependencyUnavailable, SwellError
from shared.load.counter import LoadCounter
from shared.request_context import context_of


class CountLoad:
    """An ASGI layer, outermost in an `HttpFunction`: what is refused was asked as well.

    Errors come through it as exceptions: so a dependency that failed is told from an instance that is overloaded,
    though both are a 503.
    """

    def __init__(self, app: ASGIApp, counter: LoadCounter) -> None:
        self._app = app
        self._counter = counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, and count."""
        if scope["type"] != "http" or scope["path"] in WATCHED_PATHS:
            await self._app(scope, receive, send)
            return
        started, seen = time.perf_counter(), _Seen()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
            else:
                seen.bytes += len(message.get("body", b""))
            await send(message)

        self._counter.begun()
        try:
            await self._app(scope, receive, observed)
        except SwellError as error:
            seen.status, seen.dependency_failed = error.status, isinstance(error, DependencyUnavailable)
            raise
        except HTTPException as error:
            seen.status = error.status_code
            raise
        finally:
            caller = context_of(scope).known_caller
            self._counter.ended(
                duration_s=time.perf_counter() - started,
                status=seen.status,
                dependency_failed=seen.dependency_failed,
                egress_bytes=seen.bytes,
                tier=None if caller is None else caller.tier,
            )


@dataclass
class _Seen:
    """What came of one request; an exception that nobody foresaw leaves the status as it is."""

    status: int = 500
    bytes: int = 0
    dependency_failed: bool = False
