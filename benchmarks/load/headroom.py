"""How much more the generator can do than it was asked to: without that, a run measures the generator."""

import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.load.generator import CHECKOUT, GeneratorFailed, generate_load
from benchmarks.load.job import Load, Task
from benchmarks.scenarios.protocol import ProtocolName
from swell.local.processes import child_process
from swell.local.server import LOOPBACK, free_port

LEAST_HEADROOM: Final = 3.0
"""The generator has to reach this many times the rate that a system was measured at."""
MOST_CPU_SHARE: Final = 0.7
"""Above this share of one core the generator may have been what answers waited for."""
_ANSWER_BYTES: Final = 700
_START_WITHIN_S: Final = 10.0


@dataclass(frozen=True)
class Capacity:
    """What the generator does against a server that does next to nothing, on the same machine at the same time.

    A lower bound: that server takes processor time too.
    """

    per_s: float
    p50_ms: float

    def why_invalid(self, load: Load) -> str | None:
        """Why a run says more about the generator than about the server, None when it does not."""
        share = load.outcome.generator_cpu_share
        if share > MOST_CPU_SHARE:
            return f"the generator took {share:.0%} of a core, allowed: {MOST_CPU_SHARE:.0%}"
        if load.per_s * LEAST_HEADROOM > self.per_s:
            return f"{load.per_s:,.0f}/s measured, the generator does {self.per_s:,.0f}/s; allowed: a third of that"
        return None


def measure_capacity(requests: Sequence[bytes], connections: int, seconds: float) -> Capacity:
    """Send the same requests over as many connections to the trivial server.

    Raises:
        GeneratorFailed: it did not start, or the generator failed.
    """
    with trivial_server() as port:
        load = generate_load(Task(port, connections, seconds, warm_up_s=0.3), requests)
    return Capacity(load.per_s, float(sorted(load.latencies_ms)[len(load.latencies_ms) // 2]))


@contextmanager
def trivial_server(answer_bytes: int = _ANSWER_BYTES, protocol: ProtocolName = "http1") -> Iterator[int]:
    """The port of a server that does next to nothing, until the block ends.

    Raises:
        GeneratorFailed: it did not start.
    """
    port = free_port()
    with TemporaryDirectory(prefix="swell-trivial-") as directory:
        log = Path(directory) / "log"
        command = [sys.executable, "-m", "benchmarks.load.trivial_server", str(port), str(answer_bytes), protocol]
        with child_process(command, {}, log=log, directory=CHECKOUT):
            await_listener(port)
            yield port


def await_listener(port: int, *, within_s: float = _START_WITHIN_S) -> None:
    """Return when somebody listens on this port.

    Raises:
        GeneratorFailed: nobody does in time.
    """
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise GeneratorFailed(f"nothing listened on port {port} within {within_s:.0f} s")
