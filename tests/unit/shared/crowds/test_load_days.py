"""Load by the minute, kept by the day."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from shared.crowds.load_days import LoadDays
from shared.domain.load import LoadSample
from tests.fakes.state import InMemoryState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def sample(minute: datetime, requests: int, measured_after_s: int = 60) -> LoadSample:
    """Requests of a minute, measured so long after it began."""
    return LoadSample("us-east1", minute, requests, minute + timedelta(seconds=measured_after_s))


def test_what_was_merged_is_read_over_midnight() -> None:
    """Samples of several days come back by minute, those before the moment asked for."""
    load = LoadDays(InMemoryState())
    samples = [sample(NOON + timedelta(hours=hours), 100 + hours) for hours in range(30)]

    load.merge(samples)

    assert load.read("us-east1", NOON + timedelta(hours=29), days=2) == samples[:-1]
    assert load.read("us-west1", NOON + timedelta(hours=29), days=2) == []


def test_a_forecast_reads_requests_alone() -> None:
    """Every whole minute of so many days, the oldest first; days and minutes of which nothing is known are None."""
    load = LoadDays(InMemoryState())
    load.merge([sample(NOON - timedelta(days=2), 1), sample(NOON, 2), sample(NOON + timedelta(minutes=3), 3)])

    found = load.requests("us-east1", NOON + timedelta(minutes=3, seconds=20), days=2)

    assert len(found) == 2 * 1440
    assert {number: one for number, one in enumerate(found) if one is not None} == {2 * 1440 - 3: 2}
    assert set(load.requests("us-west1", NOON, days=1)) == {None}


def test_the_latest_measurement_of_a_minute_counts_in_any_order() -> None:
    """Late, repeated and corrected samples lead to the same load, however they come."""
    corrections = [sample(NOON, 10, 60), sample(NOON, 30, 240), sample(NOON, 20, 120), sample(NOON, 20, 120)]
    for order in permutations(corrections):
        load = LoadDays(InMemoryState())

        for one in order:
            load.merge([one])

        assert load.read("us-east1", NOON + timedelta(hours=1), days=1) == [sample(NOON, 30, 240)]


def test_nothing_is_written_for_what_is_known() -> None:
    """Asking for the last hour again and again costs reads, not writes."""
    load = LoadDays(InMemoryState())

    assert load.merge([sample(NOON, 10)]) == 1
    assert load.merge([sample(NOON, 10)]) == 0
