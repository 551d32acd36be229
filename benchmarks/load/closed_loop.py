"""N connections that each send their next request when the last one is answered."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from benchmarks.load.wire import MessageReader, status_of


@dataclass
class Recorded:
    """What the connections saw. Latencies: of good answers only, from sending to the last byte of the answer."""

    latencies_ns: list[int] = field(default_factory=list)
    failures: dict[int, int] = field(default_factory=dict)
    answers: dict[int, bytes] = field(default_factory=dict)


class Lane(asyncio.Protocol):
    """One connection. It starts at its own place in the list of requests, and goes round."""

    def __init__(self, requests: Sequence[bytes], place: int, stride: int, recorded: Recorded) -> None:
        self._requests = requests
        self._place = place
        self._stride = stride
        self._recorded = recorded
        self._reader = MessageReader()
        self._stopping = False
        self._until_place: int | None = None
        self._sent_ns = 0
        self._transport: asyncio.Transport
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection; sending starts with `start`."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class

    def start(self, *, once: bool) -> None:
        """Send the first request; with `once`, end after the last one of the list."""
        self._until_place = len(self._requests) if once else None
        self._send()

    def stop(self) -> None:
        """Send no more; `ended` is done when the answer under way is here."""
        self._stopping = True

    def data_received(self, data: bytes) -> None:
        """Record a complete answer, and send the next request."""
        answer = self._reader.feed(data)
        if answer is None:
            return
        now_ns = time.perf_counter_ns()
        status = status_of(answer[0])
        recorded = self._recorded
        if 200 <= status < 300:
            recorded.latencies_ns.append(now_ns - self._sent_ns)
            recorded.answers[self._place % len(self._requests)] = answer[1]
        else:
            recorded.failures[status] = recorded.failures.get(status, 0) + 1
        self._place += self._stride
        if self._stopping:
            self._end()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """The server hung up."""
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def _send(self) -> None:
        if self._until_place is not None and self._place >= self._until_place:
            self._end()
            return
        self._sent_ns = time.perf_counter_ns()
        self._transport.write(self._requests[self._place % len(self._requests)])

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
        self._transport.close()


async def _connect(lane: Lane, port: int) -> None:
    await asyncio.get_running_loop().create_connection(lambda: lane, "127.0.0.1", port)


async def run_lanes(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float | None
) -> tuple[Recorded, float]:
    """Go round the requests for `seconds`, or once through them when None; also the seconds that it took."""
    recorded = Recorded()
    lanes = [Lane(requests, place, connections, recorded) for place in range(connections)]
    for lane in lanes:
        await _connect(lane, port)
    started = time.perf_counter()
    for lane in lanes:
        lane.start(once=seconds is None)
    if seconds is not None:
        await asyncio.sleep(seconds)
        for lane in lanes:
            lane.stop()
    await asyncio.gather(*(lane.ended for lane in lanes))
    return recorded, time.perf_counter() - started
