"""The moment after which nobody waits for an answer any more."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.serving.errors import DeadlineExceeded


@dataclass(frozen=True, slots=True)
class Deadline:
    """`timeout_ms` after the request's arrival, in monotonic seconds."""

    at_s: float
    timeout_ms: int
    monotonic_s: Callable[[], float] = time.monotonic

    @property
    def remaining_s(self) -> float:
        """What is left; not less than nothing."""
        return max(0.0, self.at_s - self.monotonic_s())

    @property
    def exceeded(self) -> DeadlineExceeded:
        """What to raise when it has passed."""
        return DeadlineExceeded(f"the request was not answered within its {self.timeout_ms} ms")

    def check(self) -> None:
        """Return while there is time.

        Raises:
            DeadlineExceeded: there is none left.
        """
        if self.monotonic_s() > self.at_s:
            raise self.exceeded
