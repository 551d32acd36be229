"""HTTP/2 without TLS, and gRPC on it: many requests at once over one connection."""

from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.load.protocols.conversation import Heard
from benchmarks.load.protocols.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES,
    GOAWAY,
    HEADERS,
    NO_TABLE,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    Heads,
    asking,
    content_of,
    cut,
    frame,
    settings,
    settings_of,
)

_AT_ONCE_AT_MOST: Final = 100
_WINDOW_LEFT: Final = 32_768
_WINDOW: Final = 65_535
_OUR_WINDOW: Final = 2**24
_GIVEN_BACK_FROM: Final = 2**20
_ENABLE_PUSH, _MOST_STREAMS, _INITIAL_WINDOW = 2, 3, 4
_GRPC_STATUS: Final[Mapping[int, int]] = {0: 200, 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 14: 503, 16: 401}
"""Numbers of gRPC (https://grpc.github.io/grpc/core/md_doc_statuscodes.html) as the HTTP statuses of our API."""
_OTHER: Final = 500


class Http2:
    """Each request is a stream. No stream is begun while little of the server's window is left."""

    content_type = "application/json"
    more: tuple[tuple[str, str], ...] = ()
    with_length = False

    def __init__(self) -> None:
        self._heads = Heads()
        self._places: dict[int, int] = {}
        self._statuses: dict[int, int] = {}
        self._is_open = True
        self._received = b""
        self._block = b""
        self._ends_stream = False
        self._stream = -1
        self._window = _WINDOW
        self._of_stream = _WINDOW
        self._allowed = _AT_ONCE_AT_MOST
        self._unread = 0

    @property
    def room(self) -> int:
        """As many as the server allows, at most 100."""
        if not self._is_open or self._window < _WINDOW_LEFT:
            return 0
        return self._allowed - len(self._places)

    def opening(self) -> bytes:
        """The preface. Our windows are wide, so that nothing is given back for one stream."""
        wide = (_OUR_WINDOW - _WINDOW).to_bytes(4, "big")
        ours = settings({_ENABLE_PUSH: 0, _INITIAL_WINDOW: _OUR_WINDOW})
        return PREFACE + ours + frame(WINDOW_UPDATE, 0, 0, wide)

    def ask(self, place: int, request: bytes) -> bytes:
        """A stream with the request.

        Raises:
            ValueError: its body is larger than what a stream takes at once.
        """
        one = asking(request, self.content_type, self.more, with_length=self.with_length)
        body = one.body
        if len(body) > (most := min(_WINDOW_LEFT, self._of_stream)):
            raise ValueError(f"body: got {len(body)} bytes, allowed over HTTP/2: {most}")
        is_first = self._stream < 0
        self._stream = stream = self._stream + 2
        self._places[stream] = place
        self._window -= len(body)
        if len(body) <= FRAME_BYTES and not is_first:
            number = stream.to_bytes(4, "big")
            return one.begin + number + one.head + number + body
        head = frame(HEADERS, END_HEADERS, stream, NO_TABLE + one.block if is_first else one.block)
        if len(body) <= FRAME_BYTES:
            return head + frame(DATA, END_STREAM, stream, body)
        return b"".join(
            [head, frame(DATA, 0, stream, body[:FRAME_BYTES]), frame(DATA, END_STREAM, stream, body[FRAME_BYTES:])]
        )

    def hear(self, data: bytes) -> tuple[Sequence[Heard], bytes]:
        """The answers that are whole now; the window is given back now and then."""
        heard: list[Heard] = []
        back = b""
        frames, self._received = cut(self._received + data if self._received else data)
        for one in frames:
            kind, flags, stream, payload = one
            if kind == DATA:
                self._unread += len(payload)
                if flags & END_STREAM:
                    self._end(stream, heard)
            elif kind in {HEADERS, CONTINUATION}:
                self._take_head(one, heard)
            else:
                back += self._control(one, heard)
        if self._unread >= _GIVEN_BACK_FROM:
            back += frame(WINDOW_UPDATE, 0, 0, self._unread.to_bytes(4, "big"))
            self._unread = 0
        return heard, back

    def under_way(self) -> Sequence[int]:
        """Streams that are open."""
        return list(self._places.values())

    def _take_head(self, one: Frame, heard: list[Heard]) -> None:
        kind, flags, stream, payload = one
        if kind == HEADERS:
            self._ends_stream, self._block = bool(flags & END_STREAM), content_of(flags, payload)
        elif kind == CONTINUATION:
            self._block += payload
        if not flags & END_HEADERS:
            return
        if (status := self._status(self._heads.read(self._block))) is not None:
            self._statuses[stream] = status
        if self._ends_stream:
            self._end(stream, heard)

    def _end(self, stream: int, heard: list[Heard]) -> None:
        status = self._statuses.pop(stream, 0)
        if (place := self._places.pop(stream, None)) is not None:
            heard.append((place, status, True))

    def _control(self, one: Frame, heard: list[Heard]) -> bytes:
        kind, flags, stream, payload = one
        if kind == WINDOW_UPDATE and not stream:
            self._window += int.from_bytes(payload, "big") & 0x7FFFFFFF
        elif kind == SETTINGS and not flags & ACK:
            theirs = settings_of(payload)
            self._allowed = min(_AT_ONCE_AT_MOST, theirs.get(_MOST_STREAMS, self._allowed))
            self._of_stream = theirs.get(_INITIAL_WINDOW, self._of_stream)
            return frame(SETTINGS, ACK, 0)
        elif kind == PING and not flags & ACK:
            return frame(PING, ACK, 0, payload)
        elif kind == RST_STREAM:
            self._statuses.pop(stream, None)
            self._end(stream, heard)
        elif kind == GOAWAY:
            self._is_open = False
        return b""

    def _status(self, headers: Mapping[str, str]) -> int | None:
        return int(headers[":status"]) if ":status" in headers else None


class Grpc(Http2):
    """Unary calls: the body of a request is the message, its path the method."""

    content_type = "application/grpc"
    more = (("te", "trailers"),)
    with_length = True

    def _status(self, headers: Mapping[str, str]) -> int | None:
        """The status of gRPC stands in the trailers, or in the head of an answer without a message."""
        number = headers.get("grpc-status")
        return None if number is None else _GRPC_STATUS.get(int(number), _OTHER)
