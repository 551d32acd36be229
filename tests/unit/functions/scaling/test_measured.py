"""Signals of regions from measured minutes."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.scaling.measured import signals_by_region
from shared.domain.load import LoadMinute

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def measured(minutes_ago: int, requests: int = 60, late: int = 0) -> LoadMinute:
    """The minute that ended so many minutes before noon."""
    ended = NOON - MINUTE * minutes_ago
    return LoadMinute("us-east1", ended - MINUTE, requests, ended + MINUTE * late, instances=2, cpu=0.5)


def test_of_several_measurements_the_last_one_counts() -> None:
    """In whatever order they come; the newest minute is the last."""
    given = [measured(0), measured(1, requests=120, late=3), measured(1, requests=6)]

    found = signals_by_region(given, NOON)["us-east1"]

    assert [(NOON - MINUTE, 2.0), (NOON, 1.0)] == [(one.at, one.requests_per_s) for one in found]


@pytest.mark.parametrize(
    ("newest", "late", "expected"),
    [(0, 5, 0), (3, 5, 0), (4, 5, 0), (5, 5, 5), (3, 0, 3)],
    ids=["in time", "late", "as late as may be", "too late", "where nothing is late"],
)
def test_the_newest_minute_of_a_late_source_stands_for_the_last(newest: int, late: int, expected: int) -> None:
    """Those before it keep their distance; what is too old is not taken for now."""
    now = NOON + timedelta(seconds=20)
    given = [measured(newest), measured(newest + 1), measured(newest + 3)]

    found = signals_by_region(given, now, late=MINUTE * late)["us-east1"]

    assert [NOON - MINUTE * (expected + back) for back in (3, 1, 0)] == [one.at for one in found]
