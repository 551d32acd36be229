"""Load by region and minute, as Cloud Monitoring would show it: some minutes late."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulator.work import Done
from shared.domain.load import LoadMinute

Floats = NDArray[np.float64]

SHOWN_AFTER: Final = timedelta(minutes=4)
"""A minute is shown up to so long after it has ended (shared/adapters/google/load_metrics.py)."""
LOAD_LATE: Final = timedelta(minutes=5)
"""What scaling and the budget reckon with on Google Cloud: that, and the minute itself."""
_KEPT: Final = 16
_MEMORY: Final = 0.5


class MinuteTotals:
    """What a minute of all regions has come to so far."""

    def __init__(self, regions: int) -> None:
        self.requests = np.zeros(regions)
        self.failed = np.zeros(regions)
        self.dependency_failed = np.zeros(regions)
        self.answers = np.zeros(regions)
        self.busy_s = np.zeros(regions)
        self.instance_s = np.zeros(regions)
        self.active_s = np.zeros(regions)
        self.in_flight_s = np.zeros(regions)

    def add(self, done: Done, ready: Floats, starting: Floats, beat_s: float) -> None:
        """A beat more. An instance is billed while it has a request, and while it starts."""
        answered = done.served.sum(axis=1)
        in_flight = answered / beat_s * done.mean_ms / 1000
        each = in_flight / np.maximum(ready, 1.0)
        self.requests += done.offered
        self.answers += answered
        self.failed += (done.failed + done.shed).sum(axis=1)
        self.dependency_failed += done.dependency_failed
        self.busy_s += done.busy * ready * beat_s
        self.instance_s += ready * beat_s
        self.active_s += (ready * -np.expm1(-each) + starting) * beat_s
        self.in_flight_s += in_flight * beat_s


class SimulatedLoad:
    """The `LoadMetrics` port over what the simulation counted."""

    def __init__(self, regions: Sequence[str], bytes_per_answer: int, *, shown_after: timedelta = SHOWN_AFTER) -> None:
        self._regions = regions
        self._bytes = bytes_per_answer
        self._shown_after = shown_after
        self._minutes: list[LoadMinute] = []
        self._now: datetime | None = None

    def close(self, minute: datetime, totals: MinuteTotals, p99_ms: Floats) -> list[LoadMinute]:
        """Keep a minute that is over; also what it was."""
        made = [self._minute(position, minute, totals, p99_ms) for position in range(len(self._regions))]
        self._minutes = (self._minutes + made)[-_KEPT * len(self._regions) :]
        self._now = minute + timedelta(minutes=1)
        return made

    def minutes(self, since: datetime, until: datetime) -> list[LoadMinute]:
        """As the port."""
        if self._now is None:
            return []
        shown = min(until, self._now - self._shown_after)
        return [one for one in self._minutes if since <= one.minute < shown]

    def _minute(self, at: int, minute: datetime, totals: MinuteTotals, p99_ms: Floats) -> LoadMinute:
        instance_s = float(totals.instance_s[at])
        up = max(instance_s, 1e-9)
        active_ms = round(1000 * float(totals.active_s[at]))
        return LoadMinute(
            region=self._regions[at],
            minute=minute,
            requests=round(float(totals.requests[at])),
            measured_at=minute + timedelta(minutes=1) + self._shown_after,
            instances=round(instance_s / 60),
            cpu=min(1.0, float(totals.busy_s[at]) / up) if instance_s else 0.0,
            concurrency=float(totals.in_flight_s[at]) / up if instance_s else 0.0,
            memory=_MEMORY,
            p99_ms=None if np.isnan(p99_ms[at]) else float(p99_ms[at]),
            errors=round(float(totals.failed[at])),
            dependency_errors=round(float(totals.dependency_failed[at])),
            egress_bytes=round(float(totals.answers[at]) * self._bytes),
            active_ms=active_ms,
            idle_ms=max(0, round(1000 * instance_s) - active_ms),
        )
