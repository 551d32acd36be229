"""One address for all HTTP functions, routed as topology.yaml says; the load balancer's stand-in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http import json_response
from shared.topology import Topology

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"}


def front_door(topology: Topology, functions: Mapping[str, ASGIApp]) -> Starlette:
    """Requests go to the function whose route they match; health is that of the query function."""
    routes = [
        Route(route.path, _Forward(app), methods=[route.method])
        for name, app in functions.items()
        for route in topology.functions[name].routes
    ]
    health = [Route(path, _Forward(functions["query"])) for path in topology.health_paths]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        for app in functions.values():
            if isinstance(app, Upstream):
                await app.close()

    return Starlette(routes=[Route("/", _welcome), *health, *routes], lifespan=lifespan)


async def _welcome(_: Request) -> Response:
    return json_response({"service": "swell", "collections": "/v1/collections", "ready": "/readyz"})


class _Forward:
    """Starlette takes a function for an endpoint and anything else for an app; this makes an app of either."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


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
