"""Load and events for tests: a region with a day and a week in its load, and crowds that come when announced."""

from datetime import UTC, datetime, timedelta

import numpy as np

from functions.burst_prediction.arrays import Floats
from functions.burst_prediction.crowds import Crowd, crowds_in
from functions.burst_prediction.load_history import LoadHistory, minutes_since_epoch
from shared.domain.calendar import CalendarEvent, EventType

REGION = "europe-west1"
MONDAY = datetime(2026, 6, 1)  # noqa: DTZ001 - wall-clock time of an event


def event(days: float = 0.0, **fields: object) -> CalendarEvent:
    """A match of two hours, so many days after a Monday at 18:00 in UTC."""
    start = MONDAY + timedelta(hours=18, days=days)
    given: dict[str, object] = {
        "event_id": f"match-{days}",
        "name": "A match",
        "kind": EventType.SPORTS,
        "starts_at_local": start,
        "time_zone": "UTC",
        "duration": timedelta(hours=2),
        "region_weights": {REGION: 1.0},
    }
    return CalendarEvent(**(given | fields))  # type: ignore[arg-type]


def crowds_of(*events: CalendarEvent) -> tuple[Crowd, ...]:
    """The crowds that these events, each happening once, bring to the region."""
    begin, end = _utc(MONDAY) - timedelta(days=400), _utc(MONDAY) + timedelta(days=400)
    return crowds_in(REGION, (time for one in events for time in one.occurrences(begin, end)))


def minute_history(days: int, crowds: tuple[Crowd, ...] = (), *, lift: float = 3.0, seed: int = 1) -> LoadHistory:
    """Minutes from the Monday: 1,000 requests on average, twice as many by day, noise of 3 %, and the crowds."""
    start = minutes_since_epoch(_utc(MONDAY))
    minutes = start + np.arange(days * 1440, dtype=np.float64)
    day = 1 + 0.5 * np.sin(2 * np.pi * (minutes % 1440) / 1440 - np.pi / 2)
    expected = 1000 * day * _crowding(minutes, crowds, lift)
    noise = np.random.default_rng(seed).normal(1, 0.03, len(minutes))
    return LoadHistory(REGION, start, 1, np.round(expected * np.clip(noise, 0.5, 1.5)))


def _crowding(minutes: Floats, crowds: tuple[Crowd, ...], lift: float) -> Floats:
    factor = np.ones(len(minutes))
    for crowd in crowds:
        course = [crowd.start_min - 30, crowd.start_min + 15, crowd.end_min, crowd.end_min + 45]
        factor *= lift ** np.interp(minutes, course, [0, 1, 1, 0])
    return factor


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
