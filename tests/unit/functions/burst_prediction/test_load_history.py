"""Load of a region as evenly spaced counts."""

from datetime import UTC, datetime, timedelta

import numpy as np

from functions.burst_prediction.load_history import LoadHistory, minutes_since_epoch, moment_of
from shared.domain.load import LoadSample

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def sample(minutes: int, requests: int, *, measured_after_s: int = 60, region: str = "us-east1") -> LoadSample:
    """Requests of the minute so long after noon."""
    minute = NOON + timedelta(minutes=minutes)
    return LoadSample(region, minute, requests, minute + timedelta(seconds=measured_after_s))


def test_moments_and_minutes_are_inverse() -> None:
    """A moment survives the way to minutes and back."""
    assert moment_of(minutes_since_epoch(NOON)) == NOON


def test_late_and_repeated_samples_are_put_in_place() -> None:
    """Order of arrival does not matter; of two samples for a minute the one measured last counts."""
    samples = [sample(2, 30), sample(0, 11, measured_after_s=300), sample(0, 10), sample(9, 99, region="us-west1")]

    history = LoadHistory.from_samples("us-east1", samples, until=NOON + timedelta(minutes=4, seconds=30), days=1)

    assert history.start_min == minutes_since_epoch(NOON)
    assert history.end_min == minutes_since_epoch(NOON) + 4
    np.testing.assert_array_equal(history.counts, [11, np.nan, 30, np.nan])


def test_a_region_without_samples_has_an_empty_history() -> None:
    """Nothing known is an empty history, not zeros."""
    history = LoadHistory.from_samples("us-east1", [], until=NOON, days=1)

    assert len(history.counts) == 0
    assert history.end_min == minutes_since_epoch(NOON)
