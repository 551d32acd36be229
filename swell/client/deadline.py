"""How long one call may take, all of its attempts and requests together."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from shared.domain.limits import MAX_TIMEOUT_MS, MIN_TIMEOUT_MS


@dataclass(frozen=True)
class Deadline:
    """A moment after which nobody waits for the call any more."""

    timeout_s: float
    ends_s: float
    monotonic_s: Callable[[], float] = field(default=time.monotonic, repr=False)

    @classmethod
    def within(cls, timeout_s: float | None, monotonic_s: Callable[[], float] = time.monotonic) -> Self | None:
        """The deadline of a call that begins now; None where none was stated.

        Raises:
            ValueError: no time at all was given.
        """
        if timeout_s is None:
            return None
        if timeout_s <= 0:
            raise ValueError(f"timeout_s: got {timeout_s:g}, allowed: more than 0")
        return cls(timeout_s, monotonic_s() + timeout_s, monotonic_s)

    def left_s(self) -> float:
        """Seconds until it passes; 0 when it has."""
        return max(0.0, self.ends_s - self.monotonic_s())

    def timeout_ms(self) -> int:
        """What is left, as the server takes it."""
        return min(MAX_TIMEOUT_MS, max(MIN_TIMEOUT_MS, int(self.left_s() * 1000)))


def timeout_field(deadline: Deadline | None) -> dict[str, int]:
    """What a request says of its deadline."""
    return {} if deadline is None else {"timeout_ms": deadline.timeout_ms()}
