"""Requests sent at their times, whatever becomes of those before: callers who do not know that others are waiting.

`python -m benchmarks.load.open_loop DIRECTORY NUMBER OF` is a process that sends each so-many-th of them; `offer`
starts as many as are asked for, which begin at the same moment.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.load.event_loop import run_quickly
from benchmarks.load.generator import CHECKOUT, await_end
from benchmarks.load.wire import MessageReader, status_of
from swell.local.processes import child_process
from swell.local.server import LOOPBACK

_DRAIN_S: Final = 5.0
_GRACE_S: Final = 60.0
_SOONEST_S: Final = 0.0005
_BEGIN_AFTER_S: Final = 1.5
_COLUMNS: Final = ("due_s", "latency_ms", "status", "lag_ms")
LATE_MS: Final = 10.0
BUSY_SHARE: Final = 0.9


@dataclass(frozen=True, eq=False)
class Stream:
    """Requests of one kind, and when each is due: seconds from the start, rising."""

    name: str
    request: bytes
    due_s: NDArray[np.float64]


def evenly(per_s: float, seconds: float, *, start_s: float = 0.0) -> NDArray[np.float64]:
    """Times at a steady rate."""
    return start_s + np.arange(round(per_s * seconds)) / per_s


@dataclass(frozen=True, eq=False)
class Offered:
    """What became of a stream: for each request when it was due (s), how long until the answer (ms), the status.

    Latency is from when it was due, not from when it was sent: a generator that is late hides nothing. Status 0 means
    that no answer came. `lag_ms` is how late it was sent, for want of a connection or of a processor.
    """

    due_s: NDArray[np.float64]
    latency_ms: NDArray[np.float64]
    status: NDArray[np.int64]
    lag_ms: NDArray[np.float64]

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which were answered well."""
        return np.isin(self.status, (200, 202))

    @property
    def refused(self) -> NDArray[np.bool_]:
        """Which were refused."""
        return np.isin(self.status, (429, 503))


@dataclass(frozen=True)
class Sent:
    """How the generator did: the share of a core that its busiest process used, how late it woke (99th percentile).

    Waking late is the generator's own fault; a request that waits for a free connection is not in it.
    """

    cpu_share: float
    wake_p99_ms: float

    @property
    def invalid(self) -> str | None:
        """Why the run says nothing of the server; None where it does."""
        if self.cpu_share > BUSY_SHARE:
            return f"the load generator used {self.cpu_share:.0%} of a core: it was the bottleneck"
        if self.wake_p99_ms > LATE_MS:
            return (
                f"one of a hundred requests was sent over {self.wake_p99_ms:.1f} ms late by the load generator itself"
            )
        return None


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
    """Sends requests over as many connections as are needed at once; `kind` numbers the one that each is of."""

    def __init__(
        self, port: int, requests: Sequence[bytes], due_s: NDArray[np.float64], kind: NDArray[np.int64]
    ) -> None:
        self._port = port
        self._requests = requests
        self._kind, self.due_s = kind, due_s
        self.status = np.zeros(len(due_s), np.int64)
        self.latency_ms = np.full(len(due_s), np.inf)
        self.lag_ms = np.zeros(len(due_s))
        self.wake_ms = np.zeros(len(due_s))
        self.free: asyncio.Queue[_Connection] = asyncio.Queue()
        self._began_s = 0.0

    def answered(self, place: int, status: int) -> None:
        self.latency_ms[place] = (time.perf_counter() - self._began_s - self.due_s[place]) * 1000
        self.status[place] = status

    async def run(self, connections: int, begin_at_s: float) -> None:
        for _ in range(connections):
            self.free.put_nowait(await self._connect())
        await asyncio.sleep(max(0.0, begin_at_s - time.perf_counter()))
        self._began_s = begin_at_s
        for place, (due_s, kind) in enumerate(zip(self.due_s.tolist(), self._kind.tolist(), strict=True)):
            wait_s = due_s - (time.perf_counter() - begin_at_s)
            if wait_s > _SOONEST_S or place % 50 == 0:
                await asyncio.sleep(max(wait_s, 0))
            self.wake_ms[place] = (time.perf_counter() - begin_at_s - due_s) * 1000 if self.free.qsize() else 0.0
            connection = await self.free.get()  # where all wait for answers, the due time stands
            if connection.is_closed:  # the server ends those that were idle for 5 s
                connection = await self._connect()
            self.lag_ms[place] = (time.perf_counter() - begin_at_s - due_s) * 1000
            connection.send(place, self._requests[kind])
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                for _ in range(connections):
                    await self.free.get()

    async def _connect(self) -> _Connection:
        connection = _Connection(self)
        await asyncio.get_running_loop().create_connection(lambda: connection, LOOPBACK, self._port)
        return connection


def offer(
    port: int, streams: Sequence[Stream], *, connections: int, processes: int = 1
) -> tuple[Mapping[str, Offered], Sent]:
    """Send the streams; what became of each, and how the generator did.

    Raises:
        GeneratorFailed: a process of the generator did not end in time, or failed.
    """
    due_s = np.concatenate([stream.due_s for stream in streams])
    kind = np.repeat(np.arange(len(streams)), [len(stream.due_s) for stream in streams])
    order = np.argsort(due_s, kind="stable")
    due_s, kind = due_s[order], kind[order]
    within_s = (float(due_s[-1]) if len(due_s) else 0.0) * 3 + _GRACE_S
    with TemporaryDirectory(prefix="swell-open-loop-") as name, ExitStack() as stack:
        directory = Path(name)
        begin_at_s = time.perf_counter() + _BEGIN_AFTER_S * processes
        task = {"port": port, "connections": max(1, connections // processes), "begin_at_s": begin_at_s}
        (directory / "task.json").write_bytes(orjson.dumps(task))
        np.savez(directory / "due.npz", due_s=due_s, kind=kind)
        for number, stream in enumerate(streams):
            (directory / f"request-{number}").write_bytes(stream.request)
        module = [sys.executable, "-m", "benchmarks.load.open_loop", name]
        running = [
            stack.enter_context(
                child_process(
                    [*module, str(number), str(processes)], {}, log=directory / f"log-{number}", directory=CHECKOUT
                )
            )
            for number in range(processes)
        ]
        for number, process in enumerate(running):
            await_end(process, within_s, directory / f"log-{number}")
        seen = [dict(np.load(directory / f"seen-{number}.npz")) for number in range(processes)]
    whole = {what: np.concatenate([one[what] for one in seen]) for what in (*_COLUMNS, "kind", "wake_ms")}
    offered = {
        stream.name: Offered(*(whole[what][whole["kind"] == number] for what in _COLUMNS))
        for number, stream in enumerate(streams)
    }
    wake_p99_ms = float(np.percentile(whole["wake_ms"], 99)) if len(due_s) else 0.0
    return offered, Sent(max(float(one["cpu_share"]) for one in seen), wake_p99_ms)


def main() -> None:
    """Do a part of the job in the directory named on the command line."""
    directory, number, of = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    task = orjson.loads((directory / "task.json").read_bytes())
    with np.load(directory / "due.npz") as due:
        due_s, kind = due["due_s"][number::of], due["kind"][number::of]
    requests = [(directory / f"request-{each}").read_bytes() for each in range(len(list(directory.glob("request-*"))))]
    gc.disable()  # a collection would look like a slow answer
    sender = _Sender(task["port"], requests, due_s, kind)
    began_s, busy_s = time.monotonic(), time.process_time()
    run_quickly(sender.run(task["connections"], task["begin_at_s"]))
    share = (time.process_time() - busy_s) / (time.monotonic() - began_s)
    np.savez(
        directory / f"seen-{number}.npz",
        kind=kind,
        due_s=due_s,
        latency_ms=sender.latency_ms,
        status=sender.status,
        lag_ms=sender.lag_ms,
        wake_ms=sender.wake_ms,
        cpu_share=share,
    )


if __name__ == "__main__":
    main()
