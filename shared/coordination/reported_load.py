"""How a region does: this process by the operating system, its queries by what their instances counted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from shared.coordination.member import Load
from shared.ports.clock import Clock
from shared.ports.load_metrics import LoadMetrics

_LOOK_BACK: Final = timedelta(minutes=3)
"""An instance reports a minute some seconds after it has ended; what is older says nothing of now."""


class ReportedLoad:
    """Call it for the load now; what no instance counted is left as the process measured it, or None."""

    def __init__(self, region: str, process: Callable[[], Load], metrics: LoadMetrics, clock: Clock) -> None:
        self._region = region
        self._process = process
        self._metrics = metrics
        self._clock = clock

    def __call__(self) -> Load:
        """The newest whole minute of the region that was reported."""
        load, now = self._process(), self._clock.now()
        minutes = [each for each in self._metrics.minutes(now - _LOOK_BACK, now) if each.region == self._region]
        if not minutes:
            return load
        newest = max(minutes, key=lambda each: each.minute)
        known_errors = newest.errors is not None and newest.requests > 0
        return replace(
            load,
            streams=None if newest.concurrency is None else newest.concurrency * newest.instances,
            requests_per_s=newest.requests / 60,
            p99_ms=newest.p99_ms,
            instances_healthy=newest.instances,
            instances_total=newest.instances,
            error_rate=(newest.errors or 0) / newest.requests if known_errors else None,
        )
