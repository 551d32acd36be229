"""Scheduled events: what is allowed, when they are on."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.calendar import CalendarEvent, EventType
from shared.domain.recurrence import MAX_OCCURRENCES, Frequency, Recurrence

EVENING = datetime(2026, 3, 25, 20, 0)  # noqa: DTZ001 - wall-clock time


def event(**fields: object) -> CalendarEvent:
    """Two hours in Paris, on the Wednesday before the clocks go forward."""
    given: dict[str, object] = {
        "event_id": "one",
        "name": "Concert",
        "kind": EventType.CONCERT,
        "starts_at_local": EVENING,
        "time_zone": "Europe/Paris",
        "duration": timedelta(hours=2),
        "region_weights": {"europe-west1": 1.0},
    }
    return CalendarEvent(**(given | fields))  # type: ignore[arg-type]


def starts(one: CalendarEvent, days: float = 10) -> list[str]:
    """Starts in UTC of a number of days from the event's own."""
    begin = EVENING.replace(tzinfo=UTC) - timedelta(days=1)
    return [f"{time.starts_at:%m-%d %H:%M}" for time in one.occurrences(begin, begin + timedelta(days=days))]


def test_an_event_is_on_once_in_its_own_time_zone() -> None:
    """20:00 in Paris in winter is 19:00 in UTC."""
    assert starts(event()) == ["03-25 19:00"]


def test_a_recurring_event_keeps_its_wall_clock_time() -> None:
    """Weekly at 20:00 moves from 19:00 to 18:00 UTC when the clocks go forward."""
    assert starts(event(recurrence=Recurrence(Frequency.WEEKLY))) == ["03-25 19:00", "04-01 18:00"]


def test_an_event_that_is_still_on_counts() -> None:
    """What began before the span and ends in it is an occurrence, what ended before is not."""
    begun = datetime(2026, 3, 25, 20, 30, tzinfo=UTC)

    assert len(event().occurrences(begun, begun + timedelta(hours=1))) == 1
    assert event().occurrences(begun + timedelta(hours=2), begun + timedelta(hours=3)) == ()


def test_the_peak_is_told_where_it_is_known() -> None:
    """An occurrence peaks so long after its own start; without a stated peak it does not say."""
    begin = EVENING.replace(tzinfo=UTC) - timedelta(days=1)
    stated = event(peak_after_start=timedelta(hours=1))

    (occurrence,), (silent,) = (one.occurrences(begin, begin + timedelta(days=3)) for one in (stated, event()))

    assert occurrence.peaks_at == occurrence.starts_at + timedelta(hours=1)
    assert silent.peaks_at is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"event_id": ""}, "event_id"),
        ({"name": "x" * 201}, "name"),
        ({"starts_at_local": EVENING.replace(tzinfo=UTC)}, "without an offset"),
        ({"starts_at_local": datetime(1900, 1, 1)}, "1970 to 2199"),  # noqa: DTZ001
        ({"time_zone": "Europe/Atlantis"}, "Atlantis"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"duration": timedelta(0)}, "duration"),
        ({"duration": timedelta(days=15)}, "duration"),
        ({"region_weights": {}}, "region_weights"),
        ({"region_weights": {"a": 1.5}}, "region_weights"),
        ({"peak_after_start": timedelta(hours=3)}, "peak_after_start"),
        ({"audience": 0}, "audience"),
        ({"expected_multiple": 0.5}, "expected_multiple"),
        ({"expected_multiple": 1001.0}, "expected_multiple"),
        ({"expected_multiple": float("nan")}, "expected_multiple"),
    ],
)
def test_what_no_forecast_could_use_is_refused(fields: dict[str, object], words: str) -> None:
    """The error names the field, its value and what is allowed."""
    with pytest.raises(ValueError, match=words):
        event(**fields)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param(Recurrence(Frequency.DAILY, interval=2, count=3), ["01-31", "02-02", "02-04"], id="count"),
        pytest.param(
            Recurrence(Frequency.WEEKLY, until_local=datetime(2024, 2, 14)),  # noqa: DTZ001
            ["01-31", "02-07", "02-14"],
            id="until, inclusive",
        ),
        pytest.param(Recurrence(Frequency.MONTHLY, count=3), ["01-31", "03-31", "05-31"], id="months without a 31st"),
        pytest.param(Recurrence(Frequency.YEARLY, count=2), ["01-31", "01-31"], id="years"),
    ],
)
def test_recurrences_step_from_the_first_start(rule: Recurrence, expected: list[str]) -> None:
    """Every so many days, weeks, months or years; a month that lacks the day is left out."""
    first = datetime(2024, 1, 31)  # noqa: DTZ001

    assert [f"{start:%m-%d}" for start in rule.starts(first, datetime(2030, 1, 1))] == expected  # noqa: DTZ001


def test_a_leap_day_recurs_in_leap_years() -> None:
    """Yearly from 29 February: every fourth year."""
    years = Recurrence(Frequency.YEARLY).starts(datetime(2024, 2, 29), datetime(2033, 1, 1))  # noqa: DTZ001

    assert [start.year for start in years] == [2024, 2028, 2032]


def test_an_endless_recurrence_is_bounded() -> None:
    """Of more starts than the limit the last ones are kept."""
    found = Recurrence(Frequency.DAILY).starts(datetime(2020, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001

    assert len(found) == MAX_OCCURRENCES
    assert found[-1] == datetime(2026, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"interval": 0}, "interval"),
        ({"count": 0}, "count"),
        ({"until_local": EVENING.replace(tzinfo=UTC)}, "until_local"),
    ],
)
def test_rules_that_never_move_or_end_are_refused(fields: dict[str, object], words: str) -> None:
    """The error names the field."""
    with pytest.raises(ValueError, match=words):
        Recurrence(Frequency.DAILY, **fields)  # type: ignore[arg-type]


def test_an_expected_multiple_is_that_of_a_region_of_weight_one() -> None:
    """The excess of others is by their weight; a region that is not named has none."""
    one = event(expected_multiple=9.0, region_weights={"a": 1.0, "b": 0.25})

    assert [one.multiple_in(region) for region in ("a", "b", "c")] == [9.0, 3.0, None]
    assert event().multiple_in("a") is None
