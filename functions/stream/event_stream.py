"""One standing query over Server-Sent Events: for clients without WebSockets, over HTTP/1.1 or HTTP/2."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from functions.stream.frames import Frame
from functions.stream.messages import Ask
from functions.stream.session import Session, Sessions
from shared.auth.authenticator import Authenticator
from shared.auth.caller import Caller
from shared.http import read_body
from shared.request_context import context_of

_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStreams:
    """`POST /v1/stream`: the body is a subscription without its name; the frames are events, their tokens event ids.

    `Last-Event-ID` stands for `after`.
    """

    def __init__(self, sessions: Sessions, authenticator: Authenticator) -> None:
        self._sessions = sessions
        self._authenticator = authenticator

    def routes(self) -> list[Route]:
        """As listed for `stream` in topology.yaml."""
        return [Route("/v1/stream", self.follow, methods=["POST"])]

    async def follow(self, request: Request) -> Response:
        """Follow one standing query for as long as the client reads."""
        ask = await read_body(request, Ask)
        last = request.headers.get("Last-Event-ID")
        if last and ask.after is None:
            ask = ask.model_copy(update={"after": last})
        headers = context_of(request.scope).headers

        async def find() -> Caller:
            return await self._authenticator.caller(request.scope, headers)

        session = await self._sessions.open(find)
        return _Events(session, ask)


class _Events(StreamingResponse):
    """The frames of a session, which ends with the response, however that ends."""

    def __init__(self, session: Session, ask: Ask) -> None:
        super().__init__(_events(session, ask), headers=_HEADERS, media_type="text/event-stream")
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until one side ends."""
        keeping = asyncio.create_task(self._session.keep())
        try:
            await super().__call__(scope, receive, send)
        finally:
            keeping.cancel()
            self._session.close()


async def _events(session: Session, ask: Ask) -> AsyncIterator[bytes]:
    await session.subscribe("", ask)
    while (frame := await session.outbox.get()) is not None:
        yield _event(frame)
        if frame["type"] == "error":
            return


def _event(frame: Frame) -> bytes:
    token = frame.get("token")
    numbered = b"" if token is None else b"id: %s\n" % token.encode()
    told = {name: value for name, value in frame.items() if name != "subscription"}
    return b"%sevent: %s\ndata: %s\n\n" % (numbered, frame["type"].encode(), orjson.dumps(told))
