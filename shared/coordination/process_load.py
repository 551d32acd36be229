"""How this process does, read from the operating system: nothing is guessed, and what cannot be read is None."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from shared.coordination.member import Load


@dataclass
class ProcessLoad:
    """Call it for the load since it was last called. Memory is over what the machine or container has."""

    cpu_s: Callable[[], float] = time.process_time
    monotonic_s: Callable[[], float] = time.monotonic
    proc: Path = Path("/proc")
    cgroup: Path = Path("/sys/fs/cgroup")
    _last: tuple[float, float] | None = field(default=None, init=False)

    def __call__(self) -> Load:
        """CPU over all processors, and memory that is in use."""
        now, used = self.monotonic_s(), self.cpu_s()
        before, self._last = self._last, (now, used)
        cpu_share = None
        if before is not None and now > before[0]:
            cpu_share = min(1.0, (used - before[1]) / (now - before[0]) / (os.cpu_count() or 1))
        return Load(cpu_share=cpu_share, memory_share=self._memory_share())

    def _memory_share(self) -> float | None:
        resident = self._resident_bytes()
        total = self._limit_bytes()
        return None if resident is None or not total else min(1.0, resident / total)

    def _resident_bytes(self) -> int | None:
        try:
            pages = int((self.proc / "self" / "statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):
            return None
        return pages * os.sysconf("SC_PAGE_SIZE")

    def _limit_bytes(self) -> int | None:
        """The container's limit, else the machine's memory."""
        try:
            return int((self.cgroup / "memory.max").read_text())
        except (OSError, ValueError):  # there is none, or it says "max"
            pass
        try:
            first = (self.proc / "meminfo").read_text().split("\n", 1)[0]
            return int(first.split()[1]) * 1024
        except (OSError, ValueError, IndexError):
            return None
