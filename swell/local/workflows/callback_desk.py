"""The addresses of callbacks on this machine, over HTTP."""

import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from shared.adapters.stored.callbacks import PATH, StoredCallbacks, token_of
from shared.errors import Conflict, NotFound, RequestTooLarge
from shared.http import json_response, problem_response
from swell.local.upstream import whole_body

_MAX_BODY_BYTES: Final = 256 * 1024


class CallbackServer:
    """Opens addresses below `url`, and serves them as an ASGI app. An address is a secret of 32 random bytes."""

    def __init__(self, callbacks: StoredCallbacks) -> None:
        self._callbacks = callbacks
        self.url = ""

    def open(self, method: str) -> str:
        """As the protocol of a desk."""
        token = secrets.token_urlsafe(32)
        self._callbacks.open(token, method)
        return f"{self.url}{PATH}{token}"

    def received(self, url: str) -> Mapping[str, Any] | None:
        """As the protocol of a desk."""
        return self._callbacks.received(token_of(url))

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
        if len(body) > _MAX_BODY_BYTES:
            raise NotFound("no callback is awaited here with this method")
        self._callbacks.take(
            token_of(request.url.path),
            {
                "body": _decoded(request.headers.get("content-type", ""), body),
                "headers": {name: value for name, value in request.headers.items() if name != "authorization"},
                "method": request.method,
                "query": dict(request.query_params),
                "url": request.url.path,
            },
        )


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
