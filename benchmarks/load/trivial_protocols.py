"""Servers of HTTP/2, gRPC and WebSocket that do next to nothing: frames are cut out of the stream, and no more is read.

What a request says is not looked at, so that headers need not be decoded: these are no servers for anything else.
"""

import asyncio
import re
from base64 import b64encode
from hashlib import sha1
from typing import Final, cast

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS, _PING, _WINDOW_UPDATE = 0, 1, 4, 6, 8
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_STATUS_200: Final = b"\x88"  # in HPACK's static table
_MOST_STREAMS: Final = (3).to_bytes(2, "big") + (1000).to_bytes(4, "big")
_GIVEN_BACK_FROM: Final = 30_000
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY: Final = re.compile(rb"sec-websocket-key: *([^\r]+)\r\n", re.IGNORECASE)
_NAME: Final = re.compile(rb'"subscribe","subscription":"(\d+)"')


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _header(name: bytes, value: bytes) -> bytes:
    """A header that is in no table."""
    return b"\x00" + bytes((len(name),)) + name + bytes((len(value),)) + value


class TrivialHttp2(asyncio.Protocol):
    """Answers each stream, once its client has said all, with the same bytes."""

    def __init__(self, answer: bytes, *, grpc: bool) -> None:
        self._head, self._body, self._tail = _STATUS_200, answer, b""
        if grpc:
            self._head += _header(b"content-type", b"application/grpc")
            self._body = b"\0" + len(answer).to_bytes(4, "big") + answer
            self._tail = _header(b"grpc-status", b"0")
        self._received = b""
        self._is_open = False
        self._unread = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        received, at, back = self._received + data, 0, []
        if not self._is_open and len(received) >= len(_PREFACE):
            self._is_open, at = True, len(_PREFACE)
            back.append(_frame(_SETTINGS, 0, 0, _MOST_STREAMS))
        while self._is_open and len(received) >= at + 9:
            size = int.from_bytes(received[at : at + 3], "big")
            if len(received) < at + 9 + size:
                break
            stream = int.from_bytes(received[at + 5 : at + 9], "big")
            back += self._answer(received[at + 3], received[at + 4], stream, received[at + 9 : at + 9 + size])
            at += 9 + size
        self._received = received[at:]
        if back:
            self._transport.write(b"".join(back))

    def _answer(self, kind: int, flags: int, stream: int, payload: bytes) -> list[bytes]:
        if kind == _SETTINGS and not flags & _ACK:
            return [_frame(_SETTINGS, _ACK, 0)]
        if kind == _PING and not flags & _ACK:
            return [_frame(_PING, _ACK, 0, payload)]
        if kind not in {_DATA, _HEADERS}:
            return []
        back = []
        if kind == _DATA:
            self._unread += len(payload)
            if self._unread >= _GIVEN_BACK_FROM:
                back.append(_frame(_WINDOW_UPDATE, 0, 0, self._unread.to_bytes(4, "big")))
                self._unread = 0
        if flags & _END_STREAM:
            back += [_frame(_HEADERS, _END_HEADERS, stream, self._head)]
            back += [_frame(_DATA, 0 if self._tail else _END_STREAM, stream, self._body)]
            if self._tail:
                back += [_frame(_HEADERS, _END_HEADERS | _END_STREAM, stream, self._tail)]
        return back


class TrivialWebSocket(asyncio.Protocol):
    """Answers each subscription with a frame that names it."""

    def __init__(self) -> None:
        self._received = b""
        self._is_open = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Shake hands, then answer frames that are complete."""
        self._received += data
        if not self._is_open:
            self._shake_hands()
        back = []
        while self._is_open and (text := self._cut()) is not None:
            if (found := _NAME.search(text)) is not None:
                answer = b'{"type":"answer","subscription":"%s"}' % found[1]
                back.append(bytes((0x81, len(answer))) + answer)
        if back:
            self._transport.write(b"".join(back))

    def _shake_hands(self) -> None:
        head, found, self._received = self._received.partition(b"\r\n\r\n")
        if not found:
            self._received = head
            return
        key = _KEY.search(head + b"\r\n")
        accept = b64encode(sha1((b"" if key is None else key[1]) + _GUID).digest())  # noqa: S324 - as RFC 6455 has it
        self._is_open = True
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    def _cut(self) -> bytes | None:
        """What the next frame of a client says, unmasked; None before it is complete."""
        received = self._received
        if len(received) < 2:
            return None
        size, at = received[1] & 0x7F, 2
        if size == 126:
            size, at = int.from_bytes(received[2:4], "big"), 4
        end = at + 4 + size
        if len(received) < end or len(received) < at + 4:
            return None
        mask, masked = received[at : at + 4], received[at + 4 : end]
        self._received = received[end:]
        wide = (mask * (size // 4 + 1))[:size]
        return (int.from_bytes(masked, "big") ^ int.from_bytes(wide, "big")).to_bytes(size, "big")
