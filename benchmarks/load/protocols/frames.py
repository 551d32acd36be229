"""Frames of HTTP/2 (RFC 9113) as a client needs them, and heads of requests in HPACK, each made once."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

from hpack import Decoder, Encoder, HPACKError, NeverIndexedHeaderTuple

from benchmarks.load.protocols.conversation import Meant
from benchmarks.load.wire import UnreadableMessage

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM: Final = 1
ACK: Final = 1
END_HEADERS: Final = 4
_PADDED: Final = 8
_PRIORITY: Final = 32
FRAME_BYTES: Final = 16_384
"""The largest frame that every peer takes; we allow no larger ones either."""
_HEAD_END: Final = b"\r\n\r\n"
_NUMBER_AT: Final = 5
NO_TABLE: Final = b"\x20"
"""Begins the first head of a connection: we remember no headers, whatever the peer allows."""


Frame: TypeAlias = tuple[int, int, int, bytes]
"""Kind, flags, stream, payload; padding and priority are taken off by `content_of`."""
_BEGINNING: Final = Struct(">HBBBI")


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Its bytes."""
    return b"%b%c%c%b%b" % (len(payload).to_bytes(3, "big"), kind, flags, stream.to_bytes(4, "big"), payload)


def settings(values: Mapping[int, int]) -> bytes:
    """A frame that says them."""
    each = (number.to_bytes(2, "big") + value.to_bytes(4, "big") for number, value in values.items())
    return frame(SETTINGS, 0, 0, b"".join(each))


def settings_of(payload: bytes) -> dict[int, int]:
    """What a peer says."""
    starts = range(0, len(payload) - 5, 6)
    return {
        int.from_bytes(payload[at : at + 2], "big"): int.from_bytes(payload[at + 2 : at + 6], "big") for at in starts
    }


def cut(received: bytes) -> tuple[list[Frame], bytes]:
    """The frames that are whole, and what is left.

    Raises:
        UnreadableMessage: a frame is larger than we allow.
    """
    frames: list[Frame] = []
    at, size = 0, len(received)
    while size - at >= 9:
        high, low, kind, flags, stream = _BEGINNING.unpack_from(received, at)
        length = high << 8 | low
        if length > FRAME_BYTES:
            raise UnreadableMessage(f"frame: got {length} bytes, allowed: {FRAME_BYTES}")
        end = at + 9 + length
        if end > size:
            break
        frames.append((kind, flags, stream & 0x7FFFFFFF, received[at + 9 : end]))
        at = end
    return frames, received[at:]


def content_of(flags: int, payload: bytes) -> bytes:
    """What a frame of headers carries."""
    padding = 0
    if flags & _PADDED:
        padding, payload = payload[0], payload[1:]
    if flags & _PRIORITY:
        payload = payload[5:]
    return payload[: len(payload) - padding]


class Heads:
    """Heads as a peer sends them over one connection.

    One that came before is known by its bytes until a head is added to the table that they refer to.
    """

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._known: dict[bytes, Mapping[str, str]] = {}

    def read(self, block: bytes) -> Mapping[str, str]:
        """Its headers.

        Raises:
            UnreadableMessage: they are none.
        """
        if (known := self._known.get(block)) is not None:
            return known
        table = self._decoder.header_table.dynamic_entries
        newest = table[0] if table else None
        try:
            headers = {str(name): str(value) for name, value in self._decoder.decode(block, raw=False)}
        except HPACKError as error:
            raise UnreadableMessage(f"headers: {error}") from error
        if (table[0] if table else None) is newest:
            self._known[block] = headers
        else:
            self._known.clear()
        return headers


@lru_cache(4096)
def head_of(head: bytes, content_type: str, more: Sequence[tuple[str, str]]) -> bytes:
    """The head of a request in HTTP/1.1 bytes, as every connection may send it: it adds to no table."""
    meant = Meant.by(head)
    headers = [
        (":method", meant.method),
        (":scheme", "http"),
        (":path", meant.path),
        (":authority", meant.host),
        ("content-type", content_type),
        *more,
    ]
    if meant.authorization:
        headers.append(("authorization", meant.authorization))
    return bytes(Encoder().encode([NeverIndexedHeaderTuple(name, value) for name, value in headers]))


class Asking(NamedTuple):
    """A request whose body fits one frame, without the number of its stream, which is before `head` and `body`.

    `begin` is what comes first, `head` ends with the beginning of the frame of the body.
    """

    begin: bytes
    block: bytes
    head: bytes
    body: bytes


@lru_cache(2**15)
def asking(request: bytes, content_type: str, more: Sequence[tuple[str, str]], *, with_length: bool) -> Asking:
    """A request in HTTP/1.1 bytes; `with_length` its body begins with its length, as a message of gRPC does."""
    at = request.index(_HEAD_END) + len(_HEAD_END)
    block, body = head_of(request[:at], content_type, more), request[at:]
    if with_length:
        body = b"\0" + len(body).to_bytes(4, "big") + body
    begins = frame(HEADERS, END_HEADERS, 0, block)[:_NUMBER_AT]
    return Asking(begins, block, block + frame(DATA, END_STREAM, 0, body[:FRAME_BYTES])[:_NUMBER_AT], body)
