"""How much one step of a transfer does."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class StepLimits:
    """A step ends when one of these is reached, and takes at least one payload or row group.

    Ten seconds are a thirtieth of the function's timeout: reading the last payload may take twenty times as long
    as the ones before and still be done. They are also how often progress is seen.
    """

    seconds: float = 10.0
    payloads: int = 32
    """Of an import, 16 MB each: half a gigabyte to do again after a crash."""
    pending_payloads: int = 8
    """Accepted and not committed: what waits in the queue, and what index update has in memory at most."""
    part_bytes: int = 256_000_000
    """Of an export: on Cloud Run, local files are memory."""


@dataclass
class StepTimer:
    """The time that a step has left."""

    limits: StepLimits
    monotonic_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    started_s: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count."""
        self.started_s = self.monotonic_s()

    @property
    def is_over(self) -> bool:
        """Whether the step's time is used up."""
        return self.monotonic_s() - self.started_s >= self.limits.seconds

    def wait_until(self, is_met: Callable[[], bool]) -> bool:
        """Look until a condition is met, or the time is up; look once at least."""
        pause_s = 0.01
        while not is_met():
            if self.is_over:
                return False
            self.sleep(pause_s)
            pause_s = min(pause_s * 1.5, 0.5)
        return True
