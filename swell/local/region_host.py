"""The processes of one region, which live and die together."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import httpx

from shared.errors import DependencyUnavailable
from swell.local.processes import child_process, kill

_READY_WITHIN_S = 60.0


@dataclass(frozen=True)
class Launch:
    """How one process is started."""

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path


class RegionHost:
    """Starts, kills and starts again. On Linux the processes die with the thread that started them."""

    def __init__(self, region: str, url: str, launches: Sequence[Launch]) -> None:
        self.region = region
        self.url = url
        self._launches = launches
        self._running = ExitStack()
        self._processes: list[Popen[bytes]] = []

    @property
    def launch(self) -> Launch:
        """How the process that answers queries is started."""
        return self._launches[0]

    @property
    def pids(self) -> list[int]:
        """Of the processes that run."""
        return [process.pid for process in self._processes if process.poll() is None]

    @property
    def is_running(self) -> bool:
        """Whether all of them run."""
        return bool(self._processes) and all(process.poll() is None for process in self._processes)

    def start(self) -> None:
        """Start those that do not run."""
        self.stop()
        self._processes = [
            self._running.enter_context(child_process(each.command, each.environment, log=each.log))
            for each in self._launches
        ]

    def kill(self) -> None:
        """As a region is lost: kill -9, without a word."""
        for process in self._processes:
            kill(process)
        for process in self._processes:
            process.wait()

    def stop(self) -> None:
        """End them in order."""
        self._running.close()
        self._processes = []

    def await_ready(self) -> None:
        """Wait until queries are answered.

        Raises:
            DependencyUnavailable: they did not come up; it ends with the last lines of the log.
        """
        deadline = time.monotonic() + _READY_WITHIN_S
        while not _is_ready(self.url):
            if time.monotonic() > deadline or not self.is_running:
                tail = self._launches[0].log.read_text(errors="replace")[-2000:]
                raise DependencyUnavailable(f"region {self.region} did not come up:\n{tail}")
            time.sleep(0.05)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
