"""Load of one region as evenly spaced counts, with what is not known left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from functions.burst_prediction.arrays import Floats

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minutes_since_epoch(moment: datetime) -> float:
    """Minutes from 1970-01-01 UTC to an aware moment."""
    return (moment - EPOCH) / timedelta(minutes=1)


def moment_of(minutes: float) -> datetime:
    """The moment that many minutes after 1970-01-01 UTC."""
    return EPOCH + timedelta(minutes=minutes)


@dataclass(frozen=True)
class LoadHistory:
    """Requests in each step of a region: `counts[k]` covers `[start_min + k * step_min, + step_min)`.

    `start_min` is in minutes since 1970-01-01 UTC. Not a number: not known, as opposed to no requests.
    """

    region: str
    start_min: float
    step_min: int
    counts: Floats

    @property
    def end_min(self) -> float:
        """Just after the last step."""
        return self.start_min + self.step_min * len(self.counts)

    @classmethod
    def from_minutes(cls, region: str, requests: Sequence[int | None], *, until: datetime) -> "LoadHistory":
        """The whole minutes before `until`, from the first that is known; None: not known."""
        counts = np.array(requests, np.float64)
        known = np.flatnonzero(~np.isnan(counts))
        first = int(known[0]) if len(known) else len(counts)
        start = int(np.floor(minutes_since_epoch(until))) - len(counts) + first
        return cls(region, float(start), 1, counts[first:])
