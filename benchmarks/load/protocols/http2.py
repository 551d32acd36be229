"""HTTP/2 without TLS, and gRPC on it: many requests at once over one connection."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from benchmarks.load.protocols.conversation import Heard, Meant
from benchmarks.load.wire import UnreadableMessage

_AT_ONCE_AT_MOST: Final = 100
_WINDOW_LEFT: Final = 16_384
_GRPC_STATUS: Final[Mapping[int, int]] = {0: 200, 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 14: 503, 16: 401}
"""Numbers of gRPC (https://grpc.github.io/grpc/core/md_doc_statuscodes.html) as the HTTP statuses of our API."""
_OTHER: Final = 500


class Http2:
    """Each request is a stream. No stream is begun while little of the server's window is left."""

    def __init__(self) -> None:
        self._connection = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="utf-8", validate_outbound_headers=False)
        )
        self._places: dict[int, int] = {}
        self._statuses: dict[int, int] = {}
        self._is_open = True

    @property
    def room(self) -> int:
        """As many as the server allows, at most 100."""
        if not self._is_open or self._connection.outbound_flow_control_window < _WINDOW_LEFT:
            return 0
        allowed = min(_AT_ONCE_AT_MOST, self._connection.remote_settings.max_concurrent_streams)
        return int(allowed - len(self._places))

    def opening(self) -> bytes:
        """The preface."""
        self._connection.initiate_connection()
        self._connection.increment_flow_control_window(2**24)
        return bytes(self._connection.data_to_send())

    def ask(self, place: int, request: bytes) -> bytes:
        """A stream with the request."""
        headers, body = self._written(request)
        stream = self._connection.get_next_available_stream_id()
        self._places[stream] = place
        self._connection.send_headers(stream, headers)
        most = self._connection.max_outbound_frame_size
        for start in range(0, max(1, len(body)), most):
            part = body[start : start + most]
            self._connection.send_data(stream, part, end_stream=start + most >= len(body))
        return bytes(self._connection.data_to_send())

    def hear(self, data: bytes) -> tuple[Sequence[Heard], bytes]:
        """The answers that are whole now; windows are given back."""
        heard: list[Heard] = []
        try:
            for event in self._connection.receive_data(data):
                self._take(event, heard)
        except h2.exceptions.ProtocolError as error:
            raise UnreadableMessage(str(error)) from error
        return heard, bytes(self._connection.data_to_send())

    def _take(self, event: h2.events.Event, heard: list[Heard]) -> None:
        match event:
            case h2.events.ResponseReceived(stream_id=stream) | h2.events.TrailersReceived(stream_id=stream):
                self._read(stream or 0, dict(event.headers or ()))
            case h2.events.DataReceived(stream_id=stream):
                self._connection.acknowledge_received_data(event.flow_controlled_length, stream or 0)
            case h2.events.StreamEnded(stream_id=stream):
                heard.append((self._places.pop(stream or 0), self._end(stream or 0), True))
            case h2.events.StreamReset(stream_id=stream) if stream in self._places:
                self._statuses.pop(stream, None)
                heard.append((self._places.pop(stream), 0, True))
            case h2.events.ConnectionTerminated():
                self._is_open = False

    def under_way(self) -> Sequence[int]:
        """Streams that are open."""
        return list(self._places.values())

    def _read(self, stream: int, headers: Mapping[str, str]) -> None:
        if ":status" in headers:
            self._statuses[stream] = int(headers[":status"])

    def _end(self, stream: int) -> int:
        return self._statuses.pop(stream, 0)

    def _written(self, request: bytes) -> tuple[list[tuple[str, str]], bytes]:
        return _written(request, "application/json", ())


class Grpc(Http2):
    """Unary calls: the body of a request is the message, its path the method."""

    def _read(self, stream: int, headers: Mapping[str, str]) -> None:
        """The status of gRPC stands in the trailers, or in the head of an answer without a message."""
        if "grpc-status" in headers:
            self._statuses[stream] = _GRPC_STATUS.get(int(headers["grpc-status"]), _OTHER)

    def _written(self, request: bytes) -> tuple[list[tuple[str, str]], bytes]:
        headers, body = _written(request, "application/grpc", (("te", "trailers"),))
        return headers, b"\0" + len(body).to_bytes(4, "big") + body


@lru_cache(4096)
def _written(
    request: bytes, content_type: str, more: tuple[tuple[str, str], ...]
) -> tuple[list[tuple[str, str]], bytes]:
    meant = Meant.by(request)
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
    return headers, meant.body
