"""Load of one region as evenly spaced counts, with what is not known left out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from functions.burst_prediction.arrays import Floats
from shared.domain.load import LoadSample

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
    def from_samples(cls, region: str, samples: Iterable[LoadSample], *, until: datetime, days: int) -> "LoadHistory":
        """Whole minutes before `until`, as far back as `days`.

        Samples may come late, in any order and repeatedly: of several for one minute the one measured last counts.
        """
        end = int(np.floor(minutes_since_epoch(until)))
        start = end - days * 1440
        counts = np.full(end - start, np.nan)
        for sample in sorted(samples, key=lambda sample: sample.measured_at):
            position = int(minutes_since_epoch(sample.minute)) - start
            if sample.region == region and 0 <= position < len(counts):
                counts[position] = sample.requests
        known = np.flatnonzero(~np.isnan(counts))
        first = int(known[0]) if len(known) else len(counts)
        return cls(region, float(start + first), 1, counts[first:])
