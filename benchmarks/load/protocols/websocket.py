"""A WebSocket with standing queries: each request subscribes, its answer is the first frame, then it is given back."""

import re
from collections.abc import Sequence
from typing import Final

import orjson
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, RejectConnection, Request
from wsproto.utilities import RemoteProtocolError

from benchmarks.load.protocols.conversation import Heard, Meant
from benchmarks.load.protocols.masked_frames import (
    CLOSE,
    CONTINUATION,
    CONTROL,
    PING,
    PONG,
    cut,
    masked_frame,
    masked_name,
    subscribing,
    unsubscribing,
)
from benchmarks.load.wire import UnreadableMessage

_AT_ONCE_AT_MOST: Final = 64
_HEAD_END: Final = b"\r\n\r\n"
_FIRST: Final = re.compile(rb'\{"type":"(?:answer|update|unchanged)","subscription":"(\d+)"')
"""How the frames begin that there are most of: these are not read further."""


class HandshakeRefused(UnreadableMessage):
    """The server answers the handshake with an HTTP error."""


class WebSocket:
    """Opened with the path and the key of a request; its body, a JSON object, is what is subscribed to."""

    def __init__(self, request: bytes) -> None:
        self._meant = Meant.by(request)
        self._handshake = WSConnection(ConnectionType.CLIENT)
        self._waiting: dict[bytes, tuple[int, bytes]] = {}
        """By the name of a subscription the place of its request, and the name as it is sent."""
        self._is_upgraded = self._is_open = False
        self._received = b""
        self._parts = b""

    @property
    def room(self) -> int:
        """None before the handshake is done."""
        return _AT_ONCE_AT_MOST - len(self._waiting) if self._is_open else 0

    def opening(self) -> bytes:
        """The handshake."""
        key = [(b"authorization", self._meant.authorization.encode())] if self._meant.authorization else []
        return bytes(
            self._handshake.send(Request(host=self._meant.host, target=self._meant.path, extra_headers=list(key)))
        )

    def ask(self, place: int, request: bytes) -> bytes:
        """Subscribe, by the place as a name."""
        name, masked = masked_name(place)
        self._waiting[name] = place, masked
        begin, end = subscribing(request)
        return begin + masked + end

    def hear(self, data: bytes) -> tuple[Sequence[Heard], bytes]:
        """First frames; what was subscribed to is given back."""
        received = self._received + data if self._received else data
        if not self._is_upgraded:
            head, found, rest = received.partition(_HEAD_END)
            if not found:
                self._received = received
                return (), b""
            self._shake_hands(head + found)
            received = rest
        frames, self._received = cut(received)
        heard: list[Heard] = []
        back: list[bytes] = []
        for kind, is_last, payload in frames:
            if kind >= CONTROL:
                back += self._control(kind, payload)
            elif kind == CONTINUATION or not is_last:
                self._parts += payload
                if is_last:
                    whole, self._parts = self._parts, b""
                    back += self._read(whole, heard)
            else:
                back += self._read(payload, heard)
        return heard, b"".join(back)

    def under_way(self) -> Sequence[int]:
        """Those without a first frame."""
        return [place for place, _ in self._waiting.values()]

    def _shake_hands(self, head: bytes) -> None:
        try:
            self._handshake.receive_data(head)
            event, *_ = self._handshake.events()
        except RemoteProtocolError as error:
            raise UnreadableMessage(str(error)) from error
        if isinstance(event, RejectConnection):
            raise HandshakeRefused(f"the handshake was refused with {event.status_code}")
        self._is_upgraded = self._is_open = isinstance(event, AcceptConnection)

    def _control(self, kind: int, payload: bytes) -> Sequence[bytes]:
        if kind == PING:
            return (masked_frame(PONG, payload),)
        if kind == CLOSE and self._is_open:
            self._is_open = False
            return (masked_frame(CLOSE, payload),)
        return ()

    def _read(self, text: bytes, heard: list[Heard]) -> Sequence[bytes]:
        if (first := _FIRST.match(text)) is not None:
            return self._answered(first[1], 200, heard)
        try:
            frame = orjson.loads(text)
            name, kind = str(frame.get("subscription")).encode(), frame.get("type")
            status = int(frame["problem"]["status"]) if kind == "error" else 200
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise UnreadableMessage(f"frame: got {text[:120]!r}") from error
        if kind == "error":
            self._answered(name, status, heard)
            return ()
        return self._answered(name, status, heard) if kind in {"answer", "update", "unchanged"} else ()

    def _answered(self, name: bytes, status: int, heard: list[Heard]) -> Sequence[bytes]:
        """The first frame of a subscription, which ends it; later ones were on their way before it was given back."""
        found = self._waiting.pop(name, None)
        if found is None:
            return ()
        place, masked = found
        heard.append((place, status, True))
        begin, end = unsubscribing()
        return (begin + masked + end,)
