"""A function in another process, as an ASGI app."""

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.http import json_response
from swell.local.websocket_upstream import forward_websocket

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"}


def handed_on(request: Request) -> list[tuple[str, str]]:
    """The headers that go on to a function."""
    headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
    if "accept-encoding" not in request.headers:  # or our own client would ask for what its caller cannot read
        headers.append(("accept-encoding", "identity"))
    return headers


class Upstream:
    """Forwards requests to a URL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request and stream its answer back, or a WebSocket both ways."""
        if scope["type"] == "websocket":
            await forward_websocket(self._url, scope, receive, send)
            return
        if self._client is None:
            self._client = httpx.AsyncClient(base_url=self._url, timeout=90)
        request = Request(scope, receive)
        outgoing = self._client.build_request(
            request.method,
            httpx.URL(path=request.url.path, query=request.url.query.encode()),
            headers=handed_on(request),
            content=await request.body(),
        )
        response = await self._answer(outgoing)
        await response(scope, receive, send)

    async def close(self) -> None:
        """Close the connections, on the event loop that opened them."""
        if self._client is not None:
            await self._client.aclose()

    async def _answer(self, outgoing: httpx.Request) -> Response:
        assert self._client is not None  # noqa: S101 - made by the caller
        try:
            answer = await self._client.send(outgoing, stream=True)
        except httpx.TransportError as error:
            return json_response({"title": "function unreachable", "status": 502, "detail": repr(error)}, 502)
        headers = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
        return StreamingResponse(
            answer.aiter_raw(), answer.status_code, headers, background=BackgroundTask(answer.aclose)
        )
