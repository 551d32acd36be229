"""What the front door has measured of each region in the last seconds."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_S = 10.0
LEAST_FOR_P99 = 20
"""A 99th percentile of fewer requests is their maximum."""


@dataclass(frozen=True)
class _Answered:
    at_s: float
    duration_s: float
    failed: bool


@dataclass(frozen=True)
class Measured:
    """One region in the window. `busy`: requests under way at a time, on average."""

    requests: int
    busy: float
    p99_ms: float | None
    error_rate: float | None


class LoadMeter:
    """Requests by a name, which is a region that answered or one that clients are near to."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._answered: dict[str, deque[_Answered]] = {}

    def add(self, name: str, duration_s: float, *, failed: bool) -> None:
        """Count one request."""
        self._answered.setdefault(name, deque(maxlen=10_000)).append(_Answered(self._monotonic_s(), duration_s, failed))

    def measured(self, name: str) -> Measured:
        """What the window says."""
        after_s = self._monotonic_s() - WINDOW_S
        recent = [each for each in tuple(self._answered.get(name, ())) if each.at_s >= after_s]
        if not recent:
            return Measured(0, 0.0, None, None)
        durations = sorted(each.duration_s for each in recent)
        enough = len(durations) >= LEAST_FOR_P99
        p99_ms = durations[min(len(durations) - 1, int(0.99 * len(durations)))] * 1000 if enough else None
        errors = sum(each.failed for each in recent) / len(recent) if enough else None
        return Measured(len(recent), sum(durations) / WINDOW_S, p99_ms, errors)
