"""How much of the machine other programs use while we measure."""

import os
import time
from pathlib import Path
from typing import Final

from benchmarks.measure.process_tree import cpu_seconds

_STAT: Final = Path("/proc/stat")
# Fields of its first line in which the processors did nothing: idle, and waiting for a disk.
_IDLE_FIELDS: Final = (3, 4)
QUIET_BELOW: Final = 0.1
"""Others may use this share of the processors before a run is called noisy."""


class OthersWatch:
    """Counts from when it is made: the processors' busy time, but for that of this process and all it started."""

    def __init__(self) -> None:
        self._since_s = time.monotonic()
        self._busy_s = _busy_seconds()
        self._ours_s = cpu_seconds(os.getpid())

    def share(self) -> float | None:
        """The share of all processors that others have used since; None where the system does not tell."""
        busy_s, ours_s = _busy_seconds(), cpu_seconds(os.getpid())
        elapsed_s = (time.monotonic() - self._since_s) * (os.cpu_count() or 1)
        if busy_s is None or ours_s is None or self._busy_s is None or self._ours_s is None:
            return None
        return share_of_others(busy_s - self._busy_s, ours_s - self._ours_s, elapsed_s)


def share_of_others(busy_s: float, ours_s: float, available_s: float) -> float:
    """What others used of the processor time that there was; the counters are coarse, hence the limits."""
    return round(min(max((busy_s - ours_s) / max(available_s, 1e-9), 0.0), 1.0), 3)


def _busy_seconds() -> float | None:
    """Of all processors together, since the machine started."""
    if not _STAT.is_file():
        return None
    ticks = [int(field) for field in _STAT.read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(ticks) - sum(ticks[place] for place in _IDLE_FIELDS)) / os.sysconf("SC_CLK_TCK")
