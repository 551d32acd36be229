"""A token bucket in one number.

The generic cell rate algorithm (ITU-T I.371) is a token bucket that keeps no count: only the moment at which the
bucket would be full again. So a key's bucket is one float here, and one value in Redis.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests may be made: `burst` at once, `per_s` a second in the long run. Both are positive."""

    per_s: float
    burst: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of taking one token: when the bucket is full again, and how long to wait for one; 0 is at once."""

    full_at_s: float
    wait_s: float

    @property
    def allowed(self) -> bool:
        """Whether there was a token."""
        return self.wait_s <= 0


def take(full_at_s: float, now_s: float, rate: RateLimit) -> Taken:
    """Take one token from the bucket that is full at `full_at_s`; a bucket that is empty stays as it is."""
    interval_s = 1.0 / rate.per_s
    full_at_s = max(full_at_s, now_s)
    wait_s = full_at_s - (rate.burst - 1) * interval_s - now_s
    if wait_s > 1e-9:  # what floating point leaves of nothing
        return Taken(full_at_s, wait_s)
    return Taken(full_at_s + interval_s, 0.0)
