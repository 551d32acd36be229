"""Cloud Run's part on this machine: as many query processes in each region as it is set to, real ones.

A region has one process at least, as an instance starts when somebody asks; more follow the minimum that scaling set.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from tempfile import mkdtemp
from threading import Event
from typing import Final

from shared.adapters.stored.fleet import StoredFleet
from shared.errors import SwellError
from shared.ports.clock import Clock
from shared.telemetry import log
from swell.local.crowd_clock import pause_s
from swell.local.processes import child_process
from swell.local.region_host import RegionHost
from swell.local.threads import in_thread

LOOK_EVERY: Final = timedelta(seconds=1)
MOST_PROCESSES: Final = 6
"""Of one region: this is one machine."""


@dataclass(frozen=True)
class QueryProcess:
    """A process beside the region's own; its stack ends it. `url` is None where it listens on the region's own port."""

    stack: ExitStack
    process: Popen[bytes]
    is_ready: Callable[[], bool]
    url: str | None = None


class RegionFleet:
    """The processes of one region beside its own. On Linux they die with the thread that started them."""

    def __init__(self, is_running: Callable[[], bool], start: Callable[[], QueryProcess]) -> None:
        """`is_running` tells of the region's own process, `start` starts one more."""
        self._is_running = is_running
        self._start = start
        self._processes: list[QueryProcess] = []
        self._ready: tuple[QueryProcess, ...] = ()

    @property
    def urls(self) -> list[str]:
        """Where the processes answer that listen on ports of their own; from any thread."""
        return [each.url for each in self._ready if each.url is not None]

    def follow(self, instances: int) -> int:
        """Have so many processes, the region's own included; returns how many answer."""
        self._processes = [each for each in self._processes if each.process.poll() is None]
        running = self._is_running()
        wanted = max(0, min(instances, MOST_PROCESSES) - 1) if running else 0
        while len(self._processes) < wanted:
            self._processes.append(self._start())
        leaving, self._processes = self._processes[wanted:], self._processes[:wanted]
        self._ready = tuple(each for each in self._processes if each.is_ready())  # who leaves gets nothing more
        for each in reversed(leaving):
            each.stack.close()
        return int(running) + len(self._ready)

    def stop(self) -> None:
        """End them all."""
        self._ready = ()
        while self._processes:
            self._processes.pop().stack.close()


def beside(host: RegionHost) -> RegionFleet:
    """The fleet of an embedded region: all its processes listen on one port."""
    ready_files = Path(mkdtemp(prefix="swell-fleet-"))

    def start() -> QueryProcess:
        stack, ready = ExitStack(), ready_files / f"{time.monotonic_ns()}"
        port = host.url.rpartition(":")[2]
        command = [sys.executable, "-m", "swell.local.query_process", port, str(ready)]
        process = stack.enter_context(child_process(command, host.launch.environment, log=host.launch.log))
        return QueryProcess(stack, process, ready.exists)

    return RegionFleet(lambda: host.is_running, start)


@contextmanager
def following_fleet(
    fleets: Mapping[str, RegionFleet], stored: StoredFleet, quotas: Mapping[str, int], clock: Clock
) -> Iterator[None]:
    """Keep every region at what it is set to, and say what is ready, from a thread until the block ends."""
    for region in fleets:
        stored.open(region, min_instances=0, max_instances=quotas[region])

    def follow(stopped: Event) -> None:
        try:
            while not stopped.wait(pause_s(clock, LOOK_EVERY)):
                for region, fleet in fleets.items():
                    _follow(region, fleet, stored)
        finally:
            for fleet in fleets.values():
                fleet.stop()

    with in_thread("fleet", follow):
        yield


def _follow(region: str, fleet: RegionFleet, stored: StoredFleet) -> None:
    try:
        stored.report_ready(region, fleet.follow(stored.size(region).min_instances))
    except SwellError as error:  # the next look is in a second
        log("WARNING", "fleet not followed", region=region, reason=f"{error.code}: {error}")
