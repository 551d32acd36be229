"""What one connection says and hears, whatever the protocol.

A request is handed over as HTTP/1.1 bytes in every protocol: its path, its key and its body are what is meant, and each
protocol sends that in its own way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

from benchmarks.load.wire import UnreadableMessage

ProtocolName: TypeAlias = Literal["http1", "http2", "sse", "websocket", "grpc"]
Heard: TypeAlias = tuple[int, int, bool]
"""The place of a request in the schedule, the HTTP status of its answer, and whether that was the end of it."""

MULTIPLEXED: Final = frozenset({"http2", "websocket", "grpc"})
"""Protocols in which one connection has many requests under way."""
KEPT_BY_KEY: Final = frozenset({"websocket"})
"""Protocols in which a connection says once whose it is."""


class Conversation(Protocol):
    """One connection. `room` is how many more requests it takes now; 0 while it is being opened."""

    @property
    def room(self) -> int:
        """How many more requests may be sent now."""

    def opening(self) -> bytes:
        """What is sent first."""

    def ask(self, place: int, request: bytes) -> bytes:
        """What to send for a request."""

    def hear(self, data: bytes) -> tuple[Sequence[Heard], bytes]:
        """What these bytes say, and what to send because of them.

        Raises:
            UnreadableMessage: they are not what this protocol allows.
        """

    def under_way(self) -> Sequence[int]:
        """Places whose answers are not there yet."""


@dataclass(frozen=True)
class Meant:
    """What a request in HTTP/1.1 bytes means. `authorization` is the whole value of the header, empty without one."""

    method: str
    path: str
    host: str
    content_type: str
    authorization: str
    body: bytes

    @classmethod
    def by(cls, request: bytes) -> "Meant":
        """Read one.

        Raises:
            UnreadableMessage: it is none.
        """
        head, found, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        parts = first.split(" ")
        if not found or len(parts) != 3:
            raise UnreadableMessage(f"request: got {request[:60]!r}, allowed: an HTTP/1.1 request")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return cls(
            parts[0],
            parts[1],
            headers.get("host", ""),
            headers.get("content-type", ""),
            headers.get("authorization", ""),
            body,
        )
