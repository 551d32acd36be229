"""Requests sent at their times, whatever becomes of those before: callers who do not know that others are waiting.

`python -m benchmarks.overload.open_loop DIRECTORY` is the process that sends them; `offer` starts it.
"""

import asyncio
import gc
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.load.event_loop import run_quickly
from benchmarks.load.generator import CHECKOUT, GeneratorFailed
from benchmarks.load.wire import MessageReader, status_of
from swell.local.processes import child_process
from swell.local.server import LOOPBACK

_DRAIN_S: Final = 5.0
_GRACE_S: Final = 60.0
_SOONEST_S: Final = 0.0005
_COLUMNS: Final = ("due_s", "latency_ms", "status")


@dataclass(frozen=True)
class Stream:
    """Requests of one kind: `per_s` of them for `seconds`, evenly spread, from `start_s` on."""

    name: str
    request: str
    per_s: float
    start_s: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Offered:
    """What became of a stream: for each request when it was due (s), how long until the answer (ms), the status.

    Latency is from when it was due, not from when it was sent: a generator that is late hides nothing. Status 0 means
    that no answer came.
    """

    due_s: NDArray[np.float64]
    latency_ms: NDArray[np.float64]
    status: NDArray[np.int64]

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which were answered well."""
        return self.status == 200

    @property
    def refused(self) -> NDArray[np.bool_]:
        """Which were refused."""
        return np.isin(self.status, (429, 503))


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, sender: "_Sender") -> None:
        self._sender = sender
        self._reader = MessageReader()
        self._place = -1
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @property
    def is_closed(self) -> bool:
        return self._transport.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the answer under way stays without one
        if self._place >= 0:
            self._sender.free.put_nowait(self)

    def send(self, place: int, request: bytes) -> None:
        self._place = place
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        answer = self._reader.feed(data)
        if answer is not None:
            place, self._place = self._place, -1
            self._sender.answered(place, status_of(answer[0]))
            self._sender.free.put_nowait(self)


class _Sender:
    """Sends all streams over as many connections as are needed at once."""

    def __init__(self, port: int, streams: Sequence[Stream]) -> None:
        self._port = port
        self._requests = [stream.request.encode("latin-1") for stream in streams]
        counts = [round(stream.per_s * stream.seconds) for stream in streams]
        due = [s.start_s + np.arange(n) / s.per_s for s, n in zip(streams, counts, strict=True)]
        self.stream = np.repeat(np.arange(len(streams)), counts)
        self.due_s = np.concatenate(due)
        order = np.argsort(self.due_s, kind="stable")
        self.stream, self.due_s = self.stream[order], self.due_s[order]
        self.status = np.zeros(len(order), np.int64)
        self.latency_ms = np.full(len(order), np.inf)
        self.free: asyncio.Queue[_Connection] = asyncio.Queue()
        self._began_s = 0.0

    def answered(self, place: int, status: int) -> None:
        self.latency_ms[place] = (time.perf_counter() - self._began_s - self.due_s[place]) * 1000
        self.status[place] = status

    async def run(self, connections: int) -> None:
        for _ in range(connections):
            self.free.put_nowait(await self._connect())
        self._began_s = time.perf_counter()
        for place, (due_s, stream) in enumerate(zip(self.due_s.tolist(), self.stream.tolist(), strict=True)):
            wait_s = due_s - (time.perf_counter() - self._began_s)
            if wait_s > _SOONEST_S or place % 50 == 0:
                await asyncio.sleep(max(wait_s, 0))
            connection = await self.free.get()  # where all wait for answers, the due time stands
            if connection.is_closed:  # the server ends those that were idle for 5 s
                connection = await self._connect()
            connection.send(place, self._requests[stream])
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                for _ in range(connections):
                    await self.free.get()

    async def _connect(self) -> _Connection:
        connection = _Connection(self)
        await asyncio.get_running_loop().create_connection(lambda: connection, LOOPBACK, self._port)
        return connection


def offer(port: int, streams: Sequence[Stream], *, connections: int) -> tuple[Mapping[str, Offered], float]:
    """Send the streams; what became of each, and the share of one core that the generator used.

    Raises:
        GeneratorFailed: the generator did not end in time, or failed.
    """
    within_s = max(stream.start_s + stream.seconds for stream in streams) * 3 + _GRACE_S
    with TemporaryDirectory(prefix="swell-overload-") as name:
        directory = Path(name)
        task = {"port": port, "connections": connections, "streams": [vars(stream) for stream in streams]}
        (directory / "task.json").write_bytes(orjson.dumps(task))
        log = directory / "log"
        command = [sys.executable, "-m", "benchmarks.overload.open_loop", name]
        with child_process(command, {}, log=log, directory=CHECKOUT) as process:
            try:
                status = process.wait(within_s)
            except subprocess.TimeoutExpired:
                raise GeneratorFailed(f"the load generator did not end within {within_s:.0f} s") from None
        if status != 0:
            raise GeneratorFailed(f"the load generator failed: {log.read_text(errors='replace')[-300:]}")
        with np.load(directory / "seen.npz") as seen:
            offered = {
                stream.name: Offered(*(seen[what][seen["stream"] == number] for what in _COLUMNS))
                for number, stream in enumerate(streams)
            }
            return offered, float(seen["cpu_share"])


def main() -> None:
    """Do the job in the directory named on the command line."""
    directory = Path(sys.argv[1])
    task = orjson.loads((directory / "task.json").read_bytes())
    gc.disable()  # a collection would look like a slow answer
    sender = _Sender(task["port"], [Stream(**stream) for stream in task["streams"]])
    began_s, busy_s = time.monotonic(), time.process_time()
    run_quickly(sender.run(task["connections"]))
    share = (time.process_time() - busy_s) / (time.monotonic() - began_s)
    np.savez(
        directory / "seen.npz",
        stream=sender.stream,
        due_s=sender.due_s,
        latency_ms=sender.latency_ms,
        status=sender.status,
        cpu_share=share,
    )


if __name__ == "__main__":
    main()
