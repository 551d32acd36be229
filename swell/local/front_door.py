"""One address for all HTTP functions, routed as topology.yaml says; the load balancer's stand-in."""

from collections.abc import Mapping

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http import json_response
from shared.topology import Topology

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"}


class FrontDoor:
    """Requests go to the function whose route they match; health is that of the query function.

    An ASGI app that only looks and hands on: it stands before every local request.
    """

    def __init__(self, topology: Topology, functions: Mapping[str, ASGIApp]) -> None:
        self._functions = functions
        self._routes = [
            (route.method, compile_path(route.path)[0], app)
            for name, app in functions.items()
            for route in topology.functions[name].routes
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one request on."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._app_for(scope["method"], scope["path"])(scope, receive, send)

    def _app_for(self, method: str, path: str) -> ASGIApp:
        for wanted, pattern, app in self._routes:
            if wanted == method and pattern.match(path):
                return app
        if path == "/":
            return _WELCOME
        return self._functions["query"]  # health, and 404 or 405 for what nobody serves

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for app in self._functions.values():
            if isinstance(app, Upstream):
                await app.close()
        await send({"type": "lifespan.shutdown.complete"})


_WELCOME = json_response({"service": "swell", "collections": "/v1/collections", "ready": "/readyz"})


class Upstream:
    """An ASGI app that forwards to a function in another process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request and stream its answer back."""
        if self._client is None:
            self._client = httpx.AsyncClient(base_url=self._url, timeout=90)
        request = Request(scope, receive)
        headers = [(name, value) for name, value in request.headers.items() if name not in _HOP_BY_HOP]
        outgoing = self._client.build_request(
            request.method,
            httpx.URL(path=request.url.path, query=request.url.query.encode()),
            headers=headers,
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
        headers = {name: value for name, value in answer.headers.items() if name not in _HOP_BY_HOP}
        return StreamingResponse(
            answer.aiter_raw(), answer.status_code, headers, background=BackgroundTask(answer.aclose)
        )
