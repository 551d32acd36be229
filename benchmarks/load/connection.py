"""Connections of the open loop, in pools of one protocol each. They go to this machine's loopback, and nowhere else."""

import errno
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from benchmarks.load.protocols.conversation import Conversation
from benchmarks.scenarios.protocol import ProtocolName
from swell.local.server import LOOPBACK

_CHUNK_BYTES: Final = 262_144
_IDLE_S: Final = 4.0
"""A server ends a connection that was idle for 5 s: none is used that may be about to end."""
_SHARED_BY: Final = 32
"""Where a connection has many requests under way, one stands for so many of those that have one."""
_CONNECT_WITHIN_S: Final = 5.0
_AT_FIRST: Final = 16
_RETRY_AFTER_S: Final = 0.2


class Connection:
    """A socket and what is said over it."""

    def __init__(self, pool: "Pool", conversation: Conversation, port: int, *, first: bool) -> None:
        self.pool = pool
        self.conversation = conversation
        self.is_offered = False
        self.was_open = False
        self.used_s = time.perf_counter()
        self._unsent = b""
        self._socket = _connected(port) if first else _connecting(port)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pool.selector.register(self._socket, selectors.EVENT_READ, self)
        self.send(conversation.opening())

    def send(self, data: bytes) -> None:
        """Send now what the kernel takes, and the rest when it takes more."""
        waited = bool(self._unsent)
        data = self._unsent + data if waited else data
        try:
            sent = self._socket.send(data) if data else 0
        except BlockingIOError:
            sent = 0
        except OSError:  # reading tells that it is lost
            sent = len(data)
        self._unsent = data[sent:]
        if bool(self._unsent) != waited:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
            self.pool.selector.modify(self._socket, events, self)

    def receive(self) -> bytes | None:
        """What has come; empty when the connection is lost, None when nothing has."""
        try:
            return self._socket.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def close(self) -> None:
        """Read and write no more; what is sent after that goes nowhere."""
        self._unsent = b""
        self.pool.selector.unregister(self._socket)
        self._socket.close()


def _connected(port: int) -> socket.socket:
    """Before anything is sent: it is known whether somebody listens there."""
    return socket.create_connection((LOOPBACK, port), timeout=_CONNECT_WITHIN_S)


def _connecting(port: int) -> socket.socket:
    """While others wait to be sent: what is written meanwhile is sent when the connection is there."""
    made = socket.socket()
    made.setblocking(False)
    refused = made.connect_ex((LOOPBACK, port))
    if refused not in (0, errno.EINPROGRESS):
        made.close()
        raise OSError(refused, os.strerror(refused))
    return made


class Pool:
    """Connections of one protocol to one port, taken in turns, so that all of them are used; at most `size`.

    `waiting` has the places of requests that are due and for which no connection is free.
    """

    def __init__(self, port: int, size: int, converse: Callable[[], Conversation], *, multiplexed: bool) -> None:
        self.selector: selectors.BaseSelector
        self.waiting: deque[int] = deque()
        self._port = port
        self._size = max(1, size // _SHARED_BY) if multiplexed else size
        self._at_first = min(self._size, _AT_FIRST)
        self._converse = converse
        self.is_multiplexed = multiplexed
        self._free: deque[Connection] = deque()
        self._opened = 0
        self._connections: set[Connection] = set()
        self._retry_at_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the first connections can be used, or could be."""
        return self._opened >= self._at_first

    def open(self, selector: selectors.BaseSelector) -> None:
        """Begin to open the first ones; more come where more are needed at once.

        Raises:
            OSError: nobody listens there.
        """
        self.selector = selector
        for _ in range(self._at_first):
            self._connect(first=True)

    def take(self) -> Connection | None:
        """A connection that takes a request now, or None."""
        while self._free:
            connection = self._free.popleft()
            connection.is_offered = False
            if self._takes(connection):
                return connection
        if len(self._connections) < self._size and time.perf_counter() > self._retry_at_s:
            try:
                self._connect(first=False)
            except OSError:
                self._retry_at_s = time.perf_counter() + _RETRY_AFTER_S
            return self.take() if self._free else None
        return None

    def _takes(self, connection: Connection) -> bool:
        """Whether it takes a request now; one that takes more after that is offered again."""
        room = connection.conversation.room
        if self.is_multiplexed:
            if room > 1:
                connection.is_offered = True
                self._free.append(connection)
            return room > 0
        now_s = time.perf_counter()
        if now_s - connection.used_s > _IDLE_S:
            self._close(connection)
            return False
        connection.used_s = now_s
        return room > 0

    def offer(self, connection: Connection) -> None:
        """Have it taken again, if it has room."""
        if connection.is_offered or connection.conversation.room <= 0:
            return
        if not connection.was_open:
            connection.was_open = True
            self._opened += 1
        connection.is_offered = True
        self._free.append(connection)

    def lose(self, connection: Connection) -> None:
        """Forget one that was lost; another one takes its place when it is needed, later where none was let in."""
        if connection.is_offered:
            self._free.remove(connection)
        if not connection.was_open:
            self._retry_at_s = time.perf_counter() + _RETRY_AFTER_S
        self._close(connection)

    def hang_up(self) -> list[int]:
        """Close every connection; the places of requests that get no answer for it."""
        lost = [place for one in self._connections for place in one.conversation.under_way()] + list(self.waiting)
        for one in list(self._connections):
            self._close(one)
        self._free.clear()
        self.waiting.clear()
        return lost

    def _close(self, connection: Connection) -> None:
        self._connections.discard(connection)
        connection.close()

    def _connect(self, *, first: bool) -> None:
        connection = Connection(self, self._converse(), self._port, first=first)
        self._connections.add(connection)
        self.offer(connection)


def conversation_of(protocol: ProtocolName, request: bytes) -> Callable[[], Conversation]:
    """Makes what is said over one more connection; only the protocols that are used are loaded."""
    match protocol:
        case "http1":
            from benchmarks.load.protocols.http1 import Http1  # noqa: PLC0415

            return Http1
        case "sse":
            from benchmarks.load.protocols.sse import Sse  # noqa: PLC0415

            return Sse
        case "http2":
            from benchmarks.load.protocols.http2 import Http2  # noqa: PLC0415

            return Http2
        case "grpc":
            from benchmarks.load.protocols.http2 import Grpc  # noqa: PLC0415

            return Grpc
        case "websocket":
            from benchmarks.load.protocols.websocket import WebSocket  # noqa: PLC0415

            return partial(WebSocket, request)
