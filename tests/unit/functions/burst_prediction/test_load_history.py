"""Load of a region as evenly spaced counts."""

from datetime import UTC, datetime, timedelta

import numpy as np

from functions.burst_prediction.load_history import LoadHistory, minutes_since_epoch, moment_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_moments_and_minutes_are_inverse() -> None:
    """A moment survives the way to minutes and back."""
    assert moment_of(minutes_since_epoch(NOON)) == NOON


def test_a_history_ends_with_the_last_whole_minute_and_begins_with_the_first_that_is_known() -> None:
    """What is not known in between stays unknown."""
    until = NOON + timedelta(minutes=4, seconds=30)

    history = LoadHistory.from_minutes("us-east1", [None, None, 11, None, 30, None], until=until)

    assert history.start_min == minutes_since_epoch(NOON)
    assert history.end_min == minutes_since_epoch(NOON) + 4
    np.testing.assert_array_equal(history.counts, [11, np.nan, 30, np.nan])


def test_a_region_without_samples_has_an_empty_history() -> None:
    """Nothing known is an empty history, not zeros."""
    history = LoadHistory.from_minutes("us-east1", [None] * 1440, until=NOON)

    assert len(history.counts) == 0
    assert history.end_min == minutes_since_epoch(NOON)
