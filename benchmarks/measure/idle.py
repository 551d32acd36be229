"""Whether a server still works on something, told by its processor time."""

import time
from typing import Final

from benchmarks.measure.process_tree import cpu_seconds

# What answering our looks may cost: a share of one core, and a little more for clocks that tick in hundredths.
_IDLE_CPU_SHARE: Final = 0.15
_IDLE_WORK_S: Final = 0.05


class IdleWatch:
    """How long a process tree has been idle, but for answering our looks at it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._begin()

    def for_s(self) -> float:
        """Seconds, beginning anew whenever it has worked."""
        elapsed_s, worked_s = time.monotonic() - self._since_s, (cpu_seconds(self._pid) or 0.0) - self._worked_s
        if worked_s > _IDLE_WORK_S + _IDLE_CPU_SHARE * elapsed_s:
            self._begin()
            return 0.0
        return elapsed_s

    def _begin(self) -> None:
        self._since_s, self._worked_s = time.monotonic(), cpu_seconds(self._pid) or 0.0
