"""A WebSocket client on wsproto, which every server of ours has: for the front door, and for tests of it."""

import asyncio
from collections.abc import Sequence
from typing import Final, Self
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

_READ_BYTES: Final = 65_536


class RefusedError(Exception):
    """The server answers the handshake with an HTTP error."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body


class WebSocketClient:
    """One WebSocket; messages are whole texts. Make it with `connect`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.close_code: int | None = None
        """Why it ended, once it has."""
        self._reader = reader
        self._writer = writer
        self._connection = WSConnection(ConnectionType.CLIENT)
        self._parts: list[str] = []

    @classmethod
    async def connect(cls, url: str, headers: Sequence[tuple[str, str]] = ()) -> Self:
        """Connect to `http://host:port/path`.

        Raises:
            RefusedError: the server refuses the handshake.
            OSError: nobody listens there.
        """
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        client = cls(reader, writer)
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        try:
            await client._send(Request(host=parts.netloc, target=parts.path, extra_headers=encoded))
            await client._accepted()
        except BaseException:
            client.kill()
            raise
        return client

    async def send(self, text: str) -> None:
        """Send one message."""
        await self._send(TextMessage(data=text))

    async def receive(self) -> str | None:
        """The next message, None when the server has ended the connection; `close_code` then says why."""
        while self.close_code is None:
            for event in self._connection.events():
                match event:
                    case TextMessage() | BytesMessage():
                        self._parts.append(event.data if isinstance(event.data, str) else bytes(event.data).decode())
                        if event.message_finished:
                            text = "".join(self._parts)
                            self._parts.clear()
                            return text
                    case Ping():
                        await self._send(event.response())
                    case CloseConnection():
                        self.close_code = event.code
                        return None
            await self._more()
        return None

    async def close(self, code: int = 1000) -> None:
        """End it politely."""
        if self.close_code is None:
            self.close_code = code
            await self._send(CloseConnection(code=code))
        self.kill()

    def kill(self) -> None:
        """End it as a broken network does."""
        self._writer.transport.abort()

    async def _accepted(self) -> None:
        status, body = 0, b""
        while self.close_code is None:
            for event in self._connection.events():
                match event:
                    case AcceptConnection():
                        return
                    case RejectConnection():
                        status = event.status_code
                    case RejectData():
                        body += event.data
            if self._connection.state is ConnectionState.CLOSED:
                break
            await self._more()
        raise RefusedError(status, body)

    async def _more(self) -> None:
        try:
            data = await self._reader.read(_READ_BYTES)
        except ConnectionError:
            data = b""
        if data:
            self._connection.receive_data(data)
        else:
            self.close_code = 1006

    async def _send(self, event: Event) -> None:
        self._writer.write(self._connection.send(event))
        await self._writer.drain()
