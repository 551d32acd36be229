"""The addresses of callbacks on this machine: requests are kept in the state store until they are asked for."""

import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from shared.errors import Conflict, NotFound, RequestTooLarge
from shared.http import json_response, problem_response
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, PreconditionFailed, Put, StateStore
from swell.local.upstream import whole_body

PATH: Final = "/workflow_callbacks/"
_DESK: Final = "workflow_callbacks"
_OPEN_FOR: Final = timedelta(days=365)
_MAX_BODY_BYTES: Final = 256 * 1024


class StoredCallbacks:
    """Opens addresses below `url`, and serves them as an ASGI app. An address is a secret of 32 random bytes."""

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self.url = ""

    def open(self, method: str) -> str:
        """As the protocol of a desk."""
        token = secrets.token_urlsafe(32)
        opened = {"method": method, "request": None}
        self._state.commit([Put(f"{_DESK}/{token}", opened, ABSENT, self._clock.now() + _OPEN_FOR)])
        return f"{self.url}{PATH}{token}"

    def received(self, url: str) -> Mapping[str, Any] | None:
        """As the protocol of a desk. The part before the path is not looked at: a restart may have moved the port."""
        token = url.rpartition(PATH)[2]
        found = self._state.get(f"{_DESK}/{token}") if token and "/" not in token else None
        if found is None:
            raise KeyError(url)
        request: Mapping[str, Any] | None = found.data["request"]
        return request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request; only the first to an address counts."""
        if scope["type"] != "http":
            await _live(receive, send)
            return
        request = Request(scope, receive)
        try:
            self._take(request, await whole_body(request))
        except (NotFound, Conflict, RequestTooLarge) as error:
            await problem_response(error)(scope, receive, send)
            return
        await json_response({})(scope, receive, send)

    def _take(self, request: Request, body: bytes) -> None:
        token = request.url.path.rpartition(PATH)[2]
        found = self._state.get(f"{_DESK}/{token}") if token and "/" not in token else None
        if found is None or found.data["method"] != request.method or len(body) > _MAX_BODY_BYTES:
            raise NotFound("no callback is awaited here with this method")
        if found.data["request"] is not None:
            raise Conflict("this callback was received before")
        told = {
            "http_request": {
                "body": _decoded(request.headers.get("content-type", ""), body),
                "headers": {name: value for name, value in request.headers.items() if name != "authorization"},
                "method": request.method,
                "query": dict(request.query_params),
                "url": request.url.path,
            },
            "received_time": self._clock.now().isoformat(),
            "type": "HTTP",
        }
        try:
            received = {**found.data, "request": told}
            self._state.commit([Put(found.path, received, found.version, self._clock.now() + _OPEN_FOR)])
        except PreconditionFailed:
            raise Conflict("this callback was received before") from None


def _decoded(content_type: str, body: bytes) -> Any:
    """JSON as its value, anything else as text."""
    text = body.decode(errors="replace")
    if "json" not in content_type:
        return text
    with suppress(ValueError):
        return json.loads(text)
    return text


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
