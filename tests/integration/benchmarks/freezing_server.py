"""A server that stops for a while, again and again, and notes when: `python freezing_server.py PORT NOTES`."""

import asyncio
import sys
import time
from pathlib import Path
from typing import cast

from benchmarks.load.wire import MessageReader, encode_answer

EVERY_S, FROZEN_S = 1.2, 0.6
_CHUNKS = (b"event: answer\nda", b"ta: {}\n\n", b"event: done\ndata: {}\n\n", b"")
EVENTS = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"".join(
    b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in _CHUNKS
)
BROKEN = b"HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n"


class Server(asyncio.Protocol):
    """Answers at once, but where it is frozen: with one answer, with events, or with an error."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast("asyncio.Transport", transport)
        self._reader = MessageReader(b"POST ")

    def data_received(self, data: bytes) -> None:
        """Answer a whole request, as its path wants."""
        message = self._reader.feed(data)
        if message is not None:
            path = message[0].split(b" ", 2)[1]
            self._transport.write({b"/stream": EVENTS, b"/broken": BROKEN}.get(path, encode_answer(b"{}")))


async def serve(port: int, notes: Path) -> None:
    """Until killed."""
    await asyncio.get_running_loop().create_server(Server, "127.0.0.1", port)
    with notes.open("w", buffering=1) as file:
        while True:
            await asyncio.sleep(EVERY_S - FROZEN_S)
            began_s = time.perf_counter()
            time.sleep(FROZEN_S)  # noqa: ASYNC251 - that is the point
            await asyncio.sleep(0)  # it answers again from here on, also where others had the processor meanwhile
            file.write(f"{began_s} {time.perf_counter()}\n")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
