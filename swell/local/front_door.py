"""One address for all HTTP functions, routed as topology.yaml says; the load balancer's stand-in."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http import json_response
from shared.topology import Topology

_BEGIN_AFTER_S: Final = 0.5
"""What no request has asked for yet begins when the first ones have had their answers."""


class FrontDoor:
    """Requests go to the function whose route they match; health is that of the query function.

    An ASGI app that only looks and hands on: it stands before every local request. On its event loop
    `starting` runs soon after the server starts, `stopping` before it ends its connections, and `closing` after.
    """

    def __init__(
        self,
        topology: Topology,
        functions: Mapping[str, ASGIApp],
        closing: Sequence[Callable[[], Awaitable[None]]] = (),
        stopping: Sequence[Callable[[], Awaitable[None]]] = (),
        starting: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._starting = starting
        self._functions = functions
        self._stopping = stopping
        self._closing = closing
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
            method = scope.get("method", "GET")  # a WebSocket opens with a GET
            await self._app_for(method, scope["path"])(scope, receive, send)

    async def stop(self) -> None:
        """Have those told whose connections would not end by themselves; before the server ends them."""
        for stop in self._stopping:
            await stop()

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
        begun = [asyncio.create_task(_begin(start)) for start in self._starting]
        await receive()
        for task in begun:
            task.cancel()
        for close in self._closing:
            await close()
        await send({"type": "lifespan.shutdown.complete"})


async def _begin(start: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(_BEGIN_AFTER_S)
    await start()


_WELCOME = json_response({"service": "swell", "collections": "/v1/collections", "ready": "/ready"})
