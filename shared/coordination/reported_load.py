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
_LEAST_FOR_SHARES: Final = 20
"""A 99th percentile of fewer requests is their maximum, and one error among them would be an epidemic."""


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
        enough = newest.requests >= _LEAST_FOR_SHARES
        return replace(
            load,
            streams=None if newest.concurrency is None else newest.concurrency * newest.instances,
            requests_per_s=newest.requests / 60,
            p99_ms=newest.p99_ms if enough else None,
            instances_healthy=newest.instances,
            instances_total=newest.instances,
            error_rate=newest.errors / newest.requests if enough and newest.errors is not None else None,
        )
