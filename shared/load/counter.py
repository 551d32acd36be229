"""Counts the requests of one process by the minute; safe to use from several threads."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from shared.adapters.stored.load_metrics import LATENCY_BOUNDS_MS, InstanceMinute, latency_class
from shared.domain.tier import Tier
from shared.ports.clock import Clock

KEPT_MINUTES: Final = 15
"""Minutes that a report still holds: a scaling decision looks at the last five."""


@dataclass
class _Counts:
    """A minute that is being counted."""

    begun_s: float
    cpu_s: float
    requests: int = 0
    errors: int = 0
    dependency_errors: int = 0
    egress_bytes: int = 0
    busy_s: float = 0.0
    active_s: float = 0.0
    by_tier: Counter[Tier] = field(default_factory=Counter)
    latencies: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS_MS) + 1))


@dataclass(frozen=True)
class Machine:
    """What the process can say of itself: seconds of processor used so far, processors and share of memory in use."""

    cpu_s: Callable[[], float]
    cpus: float
    memory_share: Callable[[], float]


class LoadCounter:
    """`begun` and `ended` stand around each request; `minutes` is what to report."""

    def __init__(self, clock: Clock, machine: Machine) -> None:
        self._clock = clock
        self._machine = machine
        self._lock = threading.Lock()
        self._in_flight = 0
        self._moved_s = clock.now().timestamp()
        self._minute = _minute_of(clock.now())
        self._counts = _Counts(self._moved_s, machine.cpu_s())
        self._done: list[InstanceMinute] = []

    def begun(self) -> None:
        """A request has come in."""
        with self._lock:
            self._move()
            self._in_flight += 1

    def ended(
        self, *, duration_s: float, status: int, dependency_failed: bool, egress_bytes: int, tier: Tier | None = None
    ) -> None:
        """A request has been answered, or given up; `tier` is that of its caller, if that is known."""
        with self._lock:
            self._move()
            self._in_flight -= 1
            counts = self._counts
            counts.requests += 1
            counts.errors += status >= 500
            counts.dependency_errors += dependency_failed
            counts.egress_bytes += egress_bytes
            if tier is not None:
                counts.by_tier[tier] += 1
            counts.latencies[latency_class(duration_s * 1000)] += 1

    def refused(self, count: int, *, tier: Tier, status: int, egress_bytes: int) -> None:
        """So many requests were refused just now, each in less than a millisecond."""
        with self._lock:
            self._move()
            self._counts.requests += count
            self._counts.errors += count * (status >= 500)
            self._counts.egress_bytes += egress_bytes
            self._counts.by_tier[tier] += count
            self._counts.latencies[latency_class(0.0)] += count

    def minutes(self) -> list[InstanceMinute]:
        """The last minutes that are over."""
        with self._lock:
            self._move()
            return list(self._done)

    def _move(self) -> None:
        """Bring the integrals up to now, closing minutes that are over."""
        now = self._clock.now()
        while now >= self._minute + timedelta(minutes=1):
            self._integrate((self._minute + timedelta(minutes=1)).timestamp())
            self._close()
        self._integrate(now.timestamp())

    def _integrate(self, until_s: float) -> None:
        elapsed_s = max(0.0, until_s - self._moved_s)
        self._counts.busy_s += elapsed_s * self._in_flight
        self._counts.active_s += elapsed_s if self._in_flight else 0.0
        self._moved_s = max(self._moved_s, until_s)

    def _close(self) -> None:
        counts, cpu_s = self._counts, self._machine.cpu_s()
        end_s = (self._minute + timedelta(minutes=1)).timestamp()
        done = InstanceMinute(
            minute=self._minute,
            requests=counts.requests,
            errors=counts.errors,
            dependency_errors=counts.dependency_errors,
            egress_bytes=counts.egress_bytes,
            up_ms=round((end_s - counts.begun_s) * 1000),
            busy_ms=round(counts.busy_s * 1000),
            active_ms=round(counts.active_s * 1000),
            cpu_ms=round((cpu_s - counts.cpu_s) * 1000),
            cpus=self._machine.cpus,
            memory_share=self._machine.memory_share(),
            latencies=tuple(counts.latencies),
            by_tier=dict(counts.by_tier),
        )
        self._done = [*self._done, done][-KEPT_MINUTES:]
        self._counts = _Counts(end_s, cpu_s)
        self._minute += timedelta(minutes=1)


def _minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
