"""A WebSocket with standing queries: each request subscribes, its answer is the first frame, then it is given back."""

from collections.abc import Sequence
from typing import Final

import orjson
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import RemoteProtocolError

from benchmarks.load.protocols.conversation import Heard, Meant
from benchmarks.load.wire import UnreadableMessage

_AT_ONCE_AT_MOST: Final = 64


class HandshakeRefused(UnreadableMessage):
    """The server answers the handshake with an HTTP error."""


class WebSocket:
    """Opened with the path and the key of a request; its body, a JSON object, is what is subscribed to."""

    def __init__(self, request: bytes) -> None:
        self._meant = Meant.by(request)
        self._connection = WSConnection(ConnectionType.CLIENT)
        self._waiting: set[int] = set()
        self._is_open = False
        self._parts = ""

    @property
    def room(self) -> int:
        """None before the handshake is done."""
        return _AT_ONCE_AT_MOST - len(self._waiting) if self._is_open else 0

    def opening(self) -> bytes:
        """The handshake."""
        key = [(b"authorization", self._meant.authorization.encode())] if self._meant.authorization else []
        return bytes(
            self._connection.send(Request(host=self._meant.host, target=self._meant.path, extra_headers=list(key)))
        )

    def ask(self, place: int, request: bytes) -> bytes:
        """Subscribe, by the place as a name."""
        body = request[request.index(b"\r\n\r\n") + 4 :]
        self._waiting.add(place)
        return self._say(b'{"type":"subscribe","subscription":"%d",%s' % (place, body[1:]))

    def hear(self, data: bytes) -> tuple[Sequence[Heard], bytes]:
        """First frames; what was subscribed to is given back."""
        heard: list[Heard] = []
        back = b""
        try:
            self._connection.receive_data(data)
            for event in self._connection.events():
                back += self._take(event, heard)
        except RemoteProtocolError as error:
            raise UnreadableMessage(str(error)) from error
        return heard, back

    def _take(self, event: Event, heard: list[Heard]) -> bytes:
        match event:
            case TextMessage() | BytesMessage():
                self._parts += event.data if isinstance(event.data, str) else bytes(event.data).decode()
                if event.message_finished:
                    text, self._parts = self._parts, ""
                    return self._read(text, heard)
            case AcceptConnection():
                self._is_open = True
            case RejectConnection():
                raise HandshakeRefused(f"the handshake was refused with {event.status_code}")
            case Ping():
                return bytes(self._connection.send(event.response()))
            case CloseConnection():
                self._is_open = False
        return b""

    def under_way(self) -> Sequence[int]:
        """Those without a first frame."""
        return list(self._waiting)

    def _read(self, text: str, heard: list[Heard]) -> bytes:
        frame = orjson.loads(text)
        name = frame.get("subscription")
        if name is None or not name.isdecimal() or int(name) not in self._waiting:
            return b""
        place = int(name)
        if frame["type"] == "error":
            self._waiting.discard(place)
            heard.append((place, int(frame["problem"]["status"]), True))
        elif frame["type"] in {"answer", "update", "unchanged"}:
            self._waiting.discard(place)
            heard.append((place, 200, True))
            return self._say(b'{"type":"unsubscribe","subscription":"%d"}' % place)
        return b""

    def _say(self, text: bytes) -> bytes:
        return bytes(self._connection.send(TextMessage(data=text.decode())))
