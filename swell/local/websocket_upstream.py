"""A WebSocket handed on to a function in another process."""

import asyncio
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from swell.local.websocket_client import RefusedError, WebSocketClient

_HANDED_ON = ("authorization", "origin")


async def forward_websocket(url: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Connect to the same path below `url`, and carry messages both ways until one side ends."""
    websocket = WebSocket(scope, receive, send)
    headers = [(name, websocket.headers[name]) for name in _HANDED_ON if name in websocket.headers]
    try:
        upstream = await WebSocketClient.connect(f"{url}{scope['path']}", headers)
    except RefusedError as refused:
        answer = Response(refused.body, refused.status, media_type="application/problem+json")
        await websocket.send_denial_response(answer)
        return
    except OSError:
        await websocket.send_denial_response(Response("function unreachable", 502))
        return
    try:
        await websocket.accept()
        directions = [asyncio.create_task(_up(websocket, upstream)), asyncio.create_task(_down(websocket, upstream))]
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        for direction in directions:
            direction.cancel()
        await asyncio.gather(*directions, return_exceptions=True)
    finally:
        upstream.kill()


async def _up(websocket: WebSocket, upstream: WebSocketClient) -> None:
    with suppress(WebSocketDisconnect, ConnectionError):
        while True:
            await upstream.send(await websocket.receive_text())


async def _down(websocket: WebSocket, upstream: WebSocketClient) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while (text := await upstream.receive()) is not None:
            await websocket.send_text(text)
        await websocket.close(upstream.close_code if upstream.close_code not in (None, 1006) else 1012)
