"""A server that does next to nothing: `python -m benchmarks.load.trivial_server PORT ANSWER_BYTES`.

What the generator gets out of it is the least that the generator can do.
"""

import asyncio
import gc
import sys
from typing import cast

from benchmarks.load.event_loop import run_quickly
from benchmarks.load.wire import MessageReader, encode_answer


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


async def _serve(port: int, answer: bytes) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: TrivialServer(answer), "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    gc.disable()
    run_quickly(_serve(int(sys.argv[1]), encode_answer(b"x" * int(sys.argv[2]))))


if __name__ == "__main__":
    main()
