"""A server that does next to nothing: `python -m benchmarks.load.trivial_server PORT ANSWER_BYTES [PROTOCOL]`.

What the generator gets out of it is the least that the generator can do.
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from functools import partial
from typing import cast, get_args

from benchmarks.load.event_loop import run_quickly
from benchmarks.load.trivial_protocols import TrivialHttp2, TrivialWebSocket
from benchmarks.load.wire import MessageReader, encode_answer
from benchmarks.scenarios.protocol import ProtocolName


class TrivialServer(asyncio.Protocol):
    """Answers every complete request with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._reader = MessageReader(b"POST ")
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer when the request is complete."""
        if self._reader.feed(data) is not None:
            self._transport.write(self._answer)


def conversation(protocol: ProtocolName, answer_bytes: int) -> Callable[[], asyncio.Protocol]:
    """What answers one more connection."""
    answer = b"x" * answer_bytes
    match protocol:
        case "http1":
            return partial(TrivialServer, encode_answer(answer))
        case "sse":
            return partial(TrivialServer, _events(answer))
        case "websocket":
            return TrivialWebSocket
        case "http2" | "grpc":
            return partial(TrivialHttp2, answer, grpc=protocol == "grpc")


def _events(data: bytes) -> bytes:
    """An answer of two events, in chunks."""
    chunks = (b"event: answer\ndata: %s\n\n" % data, b"event: done\ndata: {}\n\n", b"")
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


async def _serve(port: int, converse: Callable[[], asyncio.Protocol]) -> None:
    server = await asyncio.get_running_loop().create_server(converse, "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    gc.disable()
    [protocol] = [one for one in get_args(ProtocolName) if one == (sys.argv[3] if len(sys.argv) > 3 else "http1")]
    run_quickly(_serve(int(sys.argv[1]), conversation(protocol, int(sys.argv[2]))))


if __name__ == "__main__":
    main()
