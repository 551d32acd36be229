"""Frames of WebSocket (RFC 6455) as a client needs them: what is the same in many of them is masked once.

The RFC wants a mask for each frame that nobody can foretell, lest a page have a browser send through a proxy what the
proxy takes for something else. Here no page says what is sent, and no proxy is on the way to this machine's loopback:
a process draws one mask, with which all its frames are masked. A server has the same work with it.
"""

import os
from functools import cache, lru_cache
from typing import Final, NamedTuple

from benchmarks.load.wire import UnreadableMessage

CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10
CONTROL: Final = 8
"""This kind and those above are between the frames of messages."""
_FINAL: Final = 0x80
_MASKED: Final = 0x80
_KIND: Final = 0x0F
_RESERVED: Final = 0x70
_TWO_BYTES, _EIGHT_BYTES = 126, 127
_MESSAGE_BYTES: Final = 2**24
_NAME_BYTES: Final = 12
_HEAD_END: Final = b"\r\n\r\n"
_SUBSCRIBE: Final = b'{"type":"subscribe","subscription":"'
_UNSUBSCRIBE: Final = b'{"type":"unsubscribe",  "subscription":"'
"""Names begin where a mask does: both are of a multiple of four bytes."""


class Frame(NamedTuple):
    """One frame of a server, and whether it is the last one of its message."""

    kind: int
    is_last: bool
    payload: bytes


def cut(received: bytes) -> tuple[list[Frame], bytes]:
    """The frames that are whole, and what is left.

    Raises:
        UnreadableMessage: a frame is masked, of an extension, or larger than we allow.
    """
    frames: list[Frame] = []
    at, size = 0, len(received)
    while size - at >= 2:
        first, length, begin = received[at], received[at + 1], at + 2
        if length == _TWO_BYTES:
            begin = at + 4
            length = int.from_bytes(received[at + 2 : begin], "big") if size >= begin else size
        elif length >= _EIGHT_BYTES:
            begin = at + 10
            length = _long(received, at)
        if first & _RESERVED:
            raise UnreadableMessage(f"frame: got {received[at : at + 2]!r}, allowed: no extension")
        end = begin + length
        if end > size:
            break
        frames.append(Frame(first & _KIND, first >= _FINAL, received[begin:end]))
        at = end
    return frames, received[at:]


def _long(received: bytes, at: int) -> int:
    if received[at + 1] & _MASKED:
        raise UnreadableMessage("frame: got one that is masked, allowed from a server: none")
    if len(received) < at + 10:
        return len(received)
    length = int.from_bytes(received[at + 2 : at + 10], "big")
    if length > _MESSAGE_BYTES:
        raise UnreadableMessage(f"frame: got {length} bytes, allowed: {_MESSAGE_BYTES}")
    return length


@cache
def _mask() -> bytes:
    return os.urandom(4)


def _apply_mask(payload: bytes) -> bytes:
    """Of bytes that begin a multiple of four bytes after the beginning of a frame's."""
    size = len(payload)
    wide = (_mask() * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(wide, "big")).to_bytes(size, "big")


def masked_frame(kind: int, payload: bytes) -> bytes:
    """A frame, whole."""
    return _head(kind, len(payload)) + _apply_mask(payload)


def _head(kind: int, size: int) -> bytes:
    if size < _TWO_BYTES:
        length = bytes((_MASKED | size,))
    elif size < 2**16:
        length = bytes((_MASKED | _TWO_BYTES,)) + size.to_bytes(2, "big")
    else:
        length = bytes((_MASKED | _EIGHT_BYTES,)) + size.to_bytes(8, "big")
    return bytes((_FINAL | kind,)) + length + _mask()


def masked_name(place: int) -> tuple[bytes, bytes]:
    """The name of a subscription by the place of its request, and the same masked."""
    name = b"%012d" % place
    return name, (int.from_bytes(name, "big") ^ _name_mask()).to_bytes(_NAME_BYTES, "big")


@cache
def _name_mask() -> int:
    return int.from_bytes(_mask() * (_NAME_BYTES // 4), "big")


@lru_cache(2**15)
def subscribing(request: bytes) -> tuple[bytes, bytes]:
    """What is before and after a name in the frame that subscribes to the body of a request, masked."""
    body = request[request.index(_HEAD_END) + len(_HEAD_END) :]
    return _around_name(_SUBSCRIBE, b'",' + body[1:])


@cache
def unsubscribing() -> tuple[bytes, bytes]:
    """The same of the frame that gives a subscription back."""
    return _around_name(_UNSUBSCRIBE, b'"}')


def _around_name(begin: bytes, end: bytes) -> tuple[bytes, bytes]:
    size = len(begin) + _NAME_BYTES + len(end)
    return _head(TEXT, size) + _apply_mask(begin), _apply_mask(end)
