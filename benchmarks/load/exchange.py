"""One request and its answer, blocking: for what is asked beside the load."""

import socket
from typing import Final

from benchmarks.load.wire import MessageReader, status_of
from swell.local.server import LOOPBACK

_CHUNK_BYTES: Final = 65_536


def exchange(port: int, request: bytes, *, timeout_s: float = 60.0) -> tuple[int, bytes]:
    """Status and body of the answer, over a connection of its own.

    Raises:
        OSError: nothing listens there, the connection was lost, or time ran out.
    """
    reader = MessageReader()
    with socket.create_connection((LOOPBACK, port), timeout=timeout_s) as connection:
        connection.sendall(request)
        while received := connection.recv(_CHUNK_BYTES):
            message = reader.feed(received)
            if message is not None:
                return status_of(message[0]), message[1]
    raise ConnectionResetError("the server closed the connection before it answered")
