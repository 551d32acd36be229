"""Load by region and minute, as Cloud Monitoring would show it: some minutes late."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulator.recording import Beats
from benchmarks.simulator.serving import TIERS
from shared.domain.load import LoadMinute

Floats = NDArray[np.float64]

SHOWN_AFTER: Final = timedelta(minutes=4)
"""A minute is shown up to so long after it has ended (shared/adapters/google/load_metrics.py)."""
LOAD_LATE: Final = timedelta(minutes=5)
"""What scaling and the budget reckon with on Google Cloud: that, and the minute itself."""
_KEPT: Final = 16
_MEMORY: Final = 0.5


class _Totals(NamedTuple):
    """What a minute of one region has come to; the fields are those of `MinuteTotals`."""

    requests: float
    failed: float
    dependency_failed: float
    answers: float
    busy_s: float
    instance_s: float
    active_s: float
    in_flight_s: float
    by_tier: Sequence[float]


@dataclass(frozen=True)
class MinuteTotals:
    """What a minute of all regions has come to."""

    requests: Floats
    failed: Floats
    dependency_failed: Floats
    answers: Floats
    busy_s: Floats
    instance_s: Floats
    active_s: Floats
    in_flight_s: Floats
    by_tier: Floats
    """Requests of each region, by tier."""

    @classmethod
    def of(cls, beats: Beats, minute: slice, beat_s: float) -> Self:
        """Of so many beats. An instance is billed while it has a request, and while it starts."""
        ready, starting = beats.state["ready"][minute], beats.state["starting"][minute]
        answered = beats.by_tier["served"][minute].sum(axis=2)
        in_flight = answered / beat_s * beats.mean_ms[minute] / 1000
        has_one = -np.expm1(-in_flight / np.maximum(ready, 1.0))
        return cls(
            requests=beats.counted["offered"][minute].sum(axis=0),
            failed=(beats.by_tier["errors"][minute] + beats.by_tier["shed"][minute]).sum(axis=(0, 2)),
            dependency_failed=beats.dependency_failed[minute].sum(axis=0),
            answers=answered.sum(axis=0),
            busy_s=(beats.counted["busy"][minute] * ready).sum(axis=0) * beat_s,
            instance_s=ready.sum(axis=0) * beat_s,
            active_s=(ready * has_one + starting).sum(axis=0) * beat_s,
            in_flight_s=in_flight.sum(axis=0) * beat_s,
            by_tier=sum(beats.by_tier[name][minute].sum(axis=0) for name in ("served", "shed", "errors")),
        )

    def by_region(self) -> Iterator[_Totals]:
        """Those of each region."""
        return map(_Totals._make, zip(*(values.tolist() for values in vars(self).values()), strict=True))


class SimulatedLoad:
    """The `LoadMetrics` port over what the simulation counted."""

    def __init__(self, regions: Sequence[str], bytes_per_answer: int, *, shown_after: timedelta = SHOWN_AFTER) -> None:
        self._regions = regions
        self.bytes_per_answer = bytes_per_answer
        self._shown_after = shown_after
        self._minutes: dict[datetime, list[LoadMinute]] = {}
        self._now: datetime | None = None

    def close(self, minute: datetime, totals: MinuteTotals, p99_ms: Floats) -> list[LoadMinute]:
        """Keep a minute that is over; also what it was."""
        rows = zip(self._regions, totals.by_region(), p99_ms.tolist(), strict=True)
        made = [self._minute(region, minute, one, p99) for region, one, p99 in rows]
        self._minutes[minute] = made
        self._minutes.pop(minute - _KEPT * timedelta(minutes=1), None)
        self._now = minute + timedelta(minutes=1)
        return made

    def minutes(self, since: datetime, until: datetime) -> list[LoadMinute]:
        """As the port."""
        if self._now is None:
            return []
        shown = min(until, self._now - self._shown_after)
        return [one for minute, made in self._minutes.items() if since <= minute < shown for one in made]

    def _minute(self, region: str, minute: datetime, one: _Totals, p99_ms: float) -> LoadMinute:
        up = max(one.instance_s, 1e-9)
        active_ms = round(1000 * one.active_s)
        return LoadMinute(
            region=region,
            minute=minute,
            requests=round(one.requests),
            measured_at=minute + timedelta(minutes=1) + self._shown_after,
            instances=round(one.instance_s / 60),
            cpu=min(1.0, one.busy_s / up) if one.instance_s else 0.0,
            concurrency=one.in_flight_s / up if one.instance_s else 0.0,
            memory=_MEMORY,
            p99_ms=None if math.isnan(p99_ms) else p99_ms,
            errors=round(one.failed),
            dependency_errors=round(one.dependency_failed),
            egress_bytes=round(one.answers * self.bytes_per_answer),
            active_ms=active_ms,
            idle_ms=max(0, round(1000 * one.instance_s) - active_ms),
            by_tier={tier: round(requests) for tier, requests in zip(TIERS, one.by_tier, strict=True)},
        )
