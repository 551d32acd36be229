"""Standing queries over a WebSocket: JSON messages in, JSON frames out."""

import asyncio
from contextlib import suppress
from typing import Final

import orjson
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from functions.stream.frames import error_frame
from functions.stream.messages import Authenticate, parse_message
from functions.stream.outbox import Ending
from functions.stream.session import FindCaller, Session, Sessions
from shared.auth.authenticator import Authenticator
from shared.auth.caller import Caller
from shared.auth.errors import Unauthenticated
from shared.errors import SwellError
from shared.http import problem_response
from shared.shutdown import process_shutdown

_KEY_WITHIN_S: Final = 10.0
_FIRST_MESSAGE_AT_MOST: Final = 1024
"""Of one who is not known yet, nothing longer than a key is looked at."""
_LAST_WORDS_WITHIN_S: Final = 3.0
"""What a client that is told to go has to read the reason."""


class WebSockets:
    """Serves the WebSocket route.

    The key stands in the header `Authorization`, or, where a client cannot set it, in the first message. With the
    header a refusal is an HTTP answer in place of the handshake; later ones are an `error` frame and a close code.
    """

    def __init__(self, sessions: Sessions, authenticator: Authenticator) -> None:
        self._sessions = sessions
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket to its end."""
        websocket = WebSocket(scope, receive, send)
        headers = {name.lower(): value for name, value in scope["headers"]}

        async def by_header() -> Caller:
            return await self._authenticator.caller(scope, headers)

        try:
            session = await self._sessions.open(by_header)
        except Unauthenticated as error:
            if b"authorization" in headers:
                await websocket.send_denial_response(problem_response(error))
            else:
                await self._by_first_message(websocket)
        except SwellError as error:
            await websocket.send_denial_response(problem_response(error))
        else:
            await websocket.accept()
            await _serve(websocket, session)

    async def _by_first_message(self, websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            async with asyncio.timeout(_KEY_WITHIN_S):
                text = await _text(websocket)
            message = parse_message(text) if len(text) <= _FIRST_MESSAGE_AT_MOST else None
            if not isinstance(message, Authenticate):
                raise Unauthenticated(key_given=False)
            session = await self._sessions.open(self._bearer(websocket.scope, message.key))
        except (SwellError, TimeoutError) as error:
            told = error if isinstance(error, SwellError) else Unauthenticated(key_given=False)
            with suppress(WebSocketDisconnect, RuntimeError):
                await websocket.send_text(orjson.dumps(error_frame(told)).decode())
                await websocket.close(Ending.REFUSED)
        except WebSocketDisconnect:
            pass
        else:
            await _serve(websocket, session)

    def _bearer(self, scope: Scope, key: str) -> FindCaller:
        async def find() -> Caller:
            return await self._authenticator.caller(scope, {b"authorization": b"Bearer " + key.encode()})

        return find


async def _serve(websocket: WebSocket, session: Session) -> None:
    with process_shutdown.request():
        await _talk(websocket, session)


async def _talk(websocket: WebSocket, session: Session) -> None:
    writing = asyncio.create_task(_write(websocket, session))
    others = [asyncio.create_task(_read(websocket, session)), asyncio.create_task(session.keep())]
    ended = asyncio.create_task(session.outbox.ended.wait())
    try:
        await asyncio.wait([writing, ended, others[0]], return_when=asyncio.FIRST_COMPLETED)
        if session.outbox.ending is not None:
            await asyncio.wait([writing], timeout=_LAST_WORDS_WITHIN_S)
            if writing.done():
                with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
                    await asyncio.wait_for(websocket.close(session.outbox.ending), _LAST_WORDS_WITHIN_S)
    finally:
        session.close()
        for task in (writing, ended, *others):
            task.cancel()
        await asyncio.gather(writing, ended, *others, return_exceptions=True)


async def _write(websocket: WebSocket, session: Session) -> None:
    while (frame := await session.outbox.get()) is not None:
        await websocket.send_text(orjson.dumps(frame).decode())


async def _read(websocket: WebSocket, session: Session) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            await session.receive(await _text(websocket))


async def _text(websocket: WebSocket) -> str | bytes:
    """The next message, as text or as bytes of UTF-8."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", Ending.NORMAL))
    text: str | bytes = message.get("text") or message.get("bytes") or b""
    return text
