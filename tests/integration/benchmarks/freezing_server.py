"""A server that stops for a while, again and again, and notes when: `python freezing_server.py PORT NOTES`."""

import asyncio
import sys
import time
from pathlib import Path
from typing import cast

from benchmarks.load.wire import MessageReader, encode_answer

EVERY_S, FROZEN_S = 0.5, 0.15


class Server(asyncio.Protocol):
    """Answers at once, but where it is frozen."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast("asyncio.Transport", transport)
        self._reader = MessageReader(b"POST ")

    def data_received(self, data: bytes) -> None:
        """Answer a whole request."""
        if self._reader.feed(data) is not None:
            self._transport.write(encode_answer(b"{}"))


async def serve(port: int, notes: Path) -> None:
    """Until killed."""
    await asyncio.get_running_loop().create_server(Server, "127.0.0.1", port)
    with notes.open("w", buffering=1) as file:
        while True:
            await asyncio.sleep(EVERY_S - FROZEN_S)
            began_s = time.perf_counter()
            time.sleep(FROZEN_S)  # noqa: ASYNC251 - that is the point
            file.write(f"{began_s} {time.perf_counter()}\n")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
