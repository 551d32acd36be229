"""How much a region is asked, minute by minute, and what that does to its instances."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from shared.domain.tier import Tier


@dataclass(frozen=True)
class LoadSample:
    """Requests that a region received in the minute that begins at `minute`; `measured_at` orders corrections."""

    region: str
    minute: datetime
    requests: int
    measured_at: datetime


class LoadMinute(NamedTuple):
    """What was measured of a region in the minute that begins at `minute`. None: not known, as opposed to nothing.

    `instances` were ready. `cpu` and `memory` are shares of what they have, `concurrency` the mean number of requests
    in flight on one of them. `dependency_errors` are those of `errors` that a failing dependency caused.
    `by_tier` counts requests by the tier of their callers; those of nobody that is known are in none.
    `active_ms` are milliseconds in which instances had a request to answer, `idle_ms` those in which they had none.
    """

    region: str
    minute: datetime
    requests: int
    measured_at: datetime
    instances: int
    cpu: float | None = None
    concurrency: float | None = None
    memory: float | None = None
    p99_ms: float | None = None
    errors: int | None = None
    dependency_errors: int | None = None
    egress_bytes: int | None = None
    active_ms: int | None = None
    idle_ms: int | None = None
    by_tier: Mapping[Tier, int] | None = None

    def sample(self) -> LoadSample:
        """The part of it that a forecast reads."""
        return LoadSample(self.region, self.minute, self.requests, self.measured_at)
