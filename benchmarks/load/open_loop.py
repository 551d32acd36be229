"""Requests sent at their times, whatever becomes of those before: callers who do not know that others are waiting.

`offer` starts as many processes as are asked for (`benchmarks.load.sender_process`), which begin at the same moment.
"""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

import numpy as np
import orjson
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from benchmarks.load.board import Board
from benchmarks.load.comings import Comings
from benchmarks.load.generator import CHECKOUT, GeneratorFailed, await_end
from benchmarks.load.histograms import merged
from benchmarks.load.job import write_blobs
from benchmarks.load.protocols.conversation import Meant
from benchmarks.load.sender import DRAIN_S, GOOD, REFUSED
from benchmarks.load.watch import Happening, StopRule, Watch
from benchmarks.scenarios.protocol import ProtocolName
from swell.local.processes import child_process
from swell.local.server import LOOPBACK

_GRACE_S: Final = 60.0
_READY_WITHIN_S: Final = 60.0
_BEGIN_AFTER_S: Final = 0.05
_COLUMNS: Final = ("due_s", "latency_ms", "status", "lag_ms", "first_ms")
LATE_MS: Final = 10.0
BUSY_SHARE: Final = 0.9
INTERRUPTED: Final = "interrupted"


@dataclass(frozen=True, eq=False)
class Stream:
    """Requests of one kind, and when each is due: seconds from the start, rising.

    `request` is written in HTTP/1.1 whatever the protocol, which sends what it means. `port` None: as of all. With
    `others`, request number k is the one that `which[k]` numbers: 0 for `request`, 1 for the first of the others.
    """

    name: str
    request: bytes
    due_s: NDArray[np.float64]
    protocol: ProtocolName = "http1"
    port: int | None = None
    others: Sequence[bytes] = ()
    which: NDArray[np.int64] | None = None
    user: NDArray[np.int64] | None = None
    """Who makes each request, a number of `Comings`; then due times are those without any wait for an answer."""

    @classmethod
    def in_turns(cls, name: str, requests: Sequence[bytes], due_s: NDArray[np.float64]) -> Self:
        """Each of the requests in its turn, again and again."""
        first, *others = requests
        return cls(name, first, due_s, others=others, which=np.arange(len(due_s)) % len(requests))


def evenly(per_s: float, seconds: float, *, start_s: float = 0.0) -> NDArray[np.float64]:
    """Times at a steady rate."""
    return start_s + np.arange(round(per_s * seconds)) / per_s


@dataclass(frozen=True, eq=False)
class Offered:
    """What became of a stream: for each request when it was due (s), how long until the answer (ms), the status.

    Latency is from when it was due, not from when it was sent: a generator that is late hides nothing. Status 0 means
    that no answer came. `lag_ms` is how late it was sent, for want of a connection or of a processor. `first_ms` is
    how long until the first event of an answer that comes in several, infinite where there was none.
    """

    due_s: NDArray[np.float64]
    latency_ms: NDArray[np.float64]
    status: NDArray[np.int64]
    lag_ms: NDArray[np.float64]
    first_ms: NDArray[np.float64] | None = None

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which were answered well."""
        return np.isin(self.status, GOOD)

    @property
    def refused(self) -> NDArray[np.bool_]:
        """Which were refused."""
        return np.isin(self.status, REFUSED)


@dataclass(frozen=True)
class Sent:
    """How the generator did: the share of a core that its busiest process used, how late it woke (99th percentile).

    Waking late is the generator's own fault; a request that waits for a free connection is not in it. `histograms`
    are of good answers, by stream, of all processes together. `ended_early` says why, where not all was sent, and
    `seconds` is then how far it came.
    """

    cpu_share: float
    wake_p99_ms: float
    histograms: Mapping[str, HdrHistogram] = field(default_factory=dict)
    ended_early: str | None = None
    seconds: float = np.inf
    began_s: float = 0.0
    """When all due times were 0, by time.perf_counter."""
    happened: tuple[tuple[float, Happening], ...] = ()
    """What was done beside it, and when."""

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


def offer(
    port: int,
    streams: Sequence[Stream],
    *,
    connections: int,
    processes: int = 1,
    stop: StopRule | None = None,
    comings: Comings | None = None,
    happenings: Sequence[Happening] = (),
) -> tuple[Mapping[str, Offered], Sent]:
    """Send the streams; what became of each, and how the generator did.

    With `comings` every request is of one of its users, who come with connections of their own and leave with them.
    `happenings` are done meanwhile, within a tenth of a second after their moments.
    KeyboardInterrupt ends it early: what was sent until then is told, and that it was interrupted.

    Raises:
        GeneratorFailed: a request is for another machine; a process did not begin or end in time, or failed.
    """
    _refuse_others(streams)
    due_s = np.concatenate([stream.due_s for stream in streams])
    kind = np.repeat(np.arange(len(streams)), [len(stream.due_s) for stream in streams])
    order = np.argsort(due_s, kind="stable")
    due_s, kind = due_s[order], kind[order]
    within_s = (float(due_s[-1]) if len(due_s) else 0.0) * 3 + _GRACE_S
    with TemporaryDirectory(prefix="swell-open-loop-") as name:
        directory = Path(name)
        requests, which, firsts = _requests(streams)
        spoken = [
            {"protocol": stream.protocol, "port": stream.port or port, "first": first}
            for stream, first in zip(streams, firsts, strict=True)
        ]
        task = {"streams": spoken, "connections": max(1, connections // processes)}
        (directory / "task.json").write_bytes(orjson.dumps(task))
        user = np.concatenate([_users(stream) for stream in streams])
        np.savez(directory / "due.npz", due_s=due_s, kind=kind, which=which[order], user=user[order])
        if comings is not None:
            np.savez(directory / "comings.npz", **comings.stored())
        write_blobs(directory / "requests.npz", range(len(requests)), requests)
        watch = Watch(within_s, stop, happenings)
        ended_early, began_s = _run(directory, processes, watch)
        seen, sent = _seen(directory, processes, [stream.name for stream in streams], ended_early)
        return seen, replace(sent, began_s=began_s, happened=tuple(watch.happened))


def _users(stream: Stream) -> NDArray[np.int64]:
    return np.full(len(stream.due_s), -1) if stream.user is None else stream.user


def _refuse_others(streams: Sequence[Stream]) -> None:
    """Load is for this machine alone: connections go nowhere else, and a request that names another is a mistake."""
    for stream in streams:
        host = Meant.by(stream.request).host
        if host.partition(":")[0] not in (LOOPBACK, "localhost"):
            raise GeneratorFailed(
                f"host of {stream.name}: got {host!r}, allowed: {LOOPBACK}, the loopback of this machine"
            )


def _requests(streams: Sequence[Stream]) -> tuple[list[bytes], NDArray[np.int64], list[int]]:
    """The requests of all streams; for each place of each stream, one after the other, which it is; the first ones."""
    requests: list[bytes] = []
    which, firsts = [], []
    for stream in streams:
        chosen = np.zeros(len(stream.due_s), np.int64) if stream.which is None else stream.which
        which.append(chosen + len(requests))
        firsts.append(len(requests))
        requests += [stream.request, *stream.others]
    return requests, np.concatenate(which), firsts


def _run(directory: Path, processes: int, watch: Watch) -> tuple[str | None, float]:
    """Run all to their end; why they ended early, if they did, and when they began."""
    board = Board.make(directory, processes)
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                child_process(
                    [
                        sys.executable,
                        "-m",
                        "benchmarks.load.sender_process",
                        str(directory),
                        str(number),
                        str(processes),
                    ],
                    {},
                    log=directory / f"log-{number}",
                    directory=CHECKOUT,
                )
            )
            for number in range(processes)
        ]
        _await_ready(board, running, directory)
        board.begin_at_s = time.perf_counter() + _BEGIN_AFTER_S
        try:
            ended_early = watch.until_end(board, running)
        except KeyboardInterrupt:
            ended_early = INTERRUPTED
        within_s = watch.within_s
        if ended_early is not None:
            board.stop()
            within_s = DRAIN_S * 2 + _GRACE_S
        for number, process in enumerate(running):
            await_end(process, within_s, directory / f"log-{number}")
    return ended_early, board.begin_at_s


def _await_ready(board: Board, running: Sequence["subprocess.Popen[bytes]"], directory: Path) -> None:
    deadline_s = time.monotonic() + _READY_WITHIN_S
    while not board.all_are_ready:
        for number, process in enumerate(running):
            if process.poll() is not None:
                await_end(process, 1.0, directory / f"log-{number}")
        if time.monotonic() > deadline_s:
            raise GeneratorFailed(f"the load generator was not ready within {_READY_WITHIN_S:.0f} s")
        time.sleep(0.005)


def _seen(
    directory: Path, processes: int, names: Sequence[str], ended_early: str | None
) -> tuple[Mapping[str, Offered], Sent]:
    """What all processes saw, put together request by request, and their histograms added up."""
    seen = [dict(np.load(directory / f"seen-{number}.npz")) for number in range(processes)]
    encoded = [orjson.loads((directory / f"histograms-{number}.json").read_bytes()) for number in range(processes)]
    whole = {what: np.concatenate([one[what] for one in seen]) for what in (*_COLUMNS, "kind", "wake_ms")}
    offered = {
        name: Offered(*(whole[what][whole["kind"] == number] for what in _COLUMNS)) for number, name in enumerate(names)
    }
    return offered, Sent(
        cpu_share=max(float(one["cpu_share"]) for one in seen),
        wake_p99_ms=float(np.percentile(whole["wake_ms"], 99)) if len(whole["kind"]) else 0.0,
        histograms={name: merged(one[str(number)].encode() for one in encoded) for number, name in enumerate(names)},
        ended_early=ended_early,
        seconds=min(float(one["stopped_at_s"]) for one in seen),
    )
