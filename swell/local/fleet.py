"""Cloud Run's part on this machine: as many query processes in each region as it is set to, real ones.

A region has one process at least, as an instance starts when somebody asks; more follow the minimum that scaling set.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen
from tempfile import mkdtemp
from threading import Event, Thread
from typing import Final

from shared.adapters.stored.fleet import StoredFleet
from shared.errors import SwellError
from shared.telemetry import log
from shared.topology import Topology
from swell.local.processes import child_process
from swell.local.region_host import RegionHost

LOOK_EVERY_S: Final = 1.0
MOST_PROCESSES: Final = 6
"""Of one region, whatever it is set to: this is one machine."""


class RegionFleet:
    """The processes of one region beside its own. On Linux they die with the thread that started them."""

    def __init__(self, host: RegionHost) -> None:
        self._host = host
        self._ready_files = Path(mkdtemp(prefix="swell-fleet-"))
        self._processes: list[tuple[ExitStack, Popen[bytes], Path]] = []

    def follow(self, instances: int) -> int:
        """Have so many processes, the region's own included; returns how many answer."""
        self._processes = [each for each in self._processes if each[1].poll() is None]
        wanted = max(0, min(instances, MOST_PROCESSES) - 1) if self._host.is_running else 0
        while len(self._processes) < wanted:
            self._processes.append(self._started())
        while len(self._processes) > wanted:
            self._processes.pop()[0].close()
        return int(self._host.is_running) + sum(ready.exists() for _, _, ready in self._processes)

    def stop(self) -> None:
        """End them all."""
        while self._processes:
            self._processes.pop()[0].close()

    def _started(self) -> tuple[ExitStack, Popen[bytes], Path]:
        stack, ready = ExitStack(), self._ready_files / f"{time.monotonic_ns()}"
        port = self._host.url.rpartition(":")[2]
        command = [sys.executable, "-m", "swell.local.query_process", port, str(ready)]
        own = self._host.launch
        process = stack.enter_context(child_process(command, own.environment, log=own.log))
        return stack, process, ready


@contextmanager
def following_fleet(
    fleets: Mapping[str, RegionFleet], stored: StoredFleet, quotas: Mapping[str, int]
) -> Iterator[None]:
    """Keep every region at what it is set to, and say what is ready, from a thread until the block ends."""
    for region in fleets:
        stored.open(region, min_instances=0, max_instances=quotas[region])
    stopped = Event()

    def follow() -> None:
        try:
            while not stopped.wait(LOOK_EVERY_S):
                for region, fleet in fleets.items():
                    _follow(region, fleet, stored)
        finally:
            for fleet in fleets.values():
                fleet.stop()

    thread = Thread(target=follow, name="fleet", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def query_quotas(topology: Topology) -> dict[str, int]:
    """The most instances that each region may have."""
    bounds = topology.functions["query"].instances
    return {name: bounds[region.tier].max for name, region in topology.regions.items()}


def _follow(region: str, fleet: RegionFleet, stored: StoredFleet) -> None:
    try:
        stored.report_ready(region, fleet.follow(stored.size(region).min_instances))
    except SwellError as error:  # the next look is in a second
        log("WARNING", "fleet not followed", region=region, reason=f"{error.code}: {error}")
