"""Scheduled events that draw a crowd: what, when, where and how large."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.domain.recurrence import Recurrence

MAX_DURATION = timedelta(days=14)
MAX_AUDIENCE = 10_000_000_000
MAX_REQUESTS_PER_VIEWER = 1000.0
MAX_EXPECTED_MULTIPLE = 1000.0


class EventType(StrEnum):
    """Kinds of events whose crowds behave alike; growth is learned per kind."""

    SPORTS_FINAL = "sports_final"
    SPORTS = "sports"
    CONCERT = "concert"
    RELEASE = "release"
    PROMOTION = "promotion"
    OTHER = "other"


@dataclass(frozen=True)
class CalendarEvent:
    """An event as an operator entered it, or as a feed named it.

    `starts_at_local` is wall-clock time in `time_zone`: an event that recurs at 20:00 stays at 20:00 when the clocks
    change. `region_weights` says how much of the crowd a region sees, 1.0 for the region with the largest share;
    a region that is not named sees none of it. `stage` tells apart rounds of one series ("round of 16"). `audience` is
    how many people follow it, `requests_per_viewer` how many requests each of them makes meanwhile: first crowds are
    planned for by these. `expected_multiple` is the load at the peak as a multiple of the usual load at that time, in
    a region of weight 1; the excess of other regions is by their weight.
    """

    event_id: str
    name: str
    kind: EventType
    starts_at_local: datetime
    time_zone: str
    duration: timedelta
    region_weights: Mapping[str, float]
    stage: str = ""
    peak_after_start: timedelta | None = None
    audience: int | None = None
    recurrence: Recurrence | None = None
    revision: int = field(default=1)
    requests_per_viewer: float | None = None
    expected_multiple: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no forecast could use.

        Raises:
            ValueError: a field is not allowed; the text names it, its value and what is allowed.
        """
        for problem in _problems(self):
            raise ValueError(problem)

    def multiple_in(self, region: str) -> float | None:
        """What is announced of a region; None where the event names none, or not the region."""
        weight = self.region_weights.get(region, 0.0)
        return None if self.expected_multiple is None or not weight else 1 + (self.expected_multiple - 1) * weight

    def occurrences(self, after: datetime, before: datetime) -> tuple["Occurrence", ...]:
        """The times this event is on between two moments, earliest first; one that began earlier counts as on."""
        zone = ZoneInfo(self.time_zone)
        starts = [self.starts_at_local]
        if self.recurrence is not None:
            latest_local = before.astimezone(zone).replace(tzinfo=None)
            starts = self.recurrence.starts(self.starts_at_local, latest_local)
        begun = [start.replace(tzinfo=zone).astimezone(UTC) for start in starts]
        return tuple(
            Occurrence(self, start, start + self.duration)
            for start in begun
            if start < before and start + self.duration > after
        )


@dataclass(frozen=True)
class Occurrence:
    """One time that an event is on, in UTC."""

    event: CalendarEvent
    starts_at: datetime
    ends_at: datetime

    @property
    def peaks_at(self) -> datetime | None:
        """When the crowd is largest, where the event says so."""
        peak = self.event.peak_after_start
        return None if peak is None else self.starts_at + peak


def _problems(event: CalendarEvent) -> list[str]:
    rules = {
        f"event_id: got {event.event_id!r}, allowed: 1 to 200 characters": 0 < len(event.event_id) <= 200,
        f"name: got {event.name[:50]!r}, allowed: 1 to 200 characters": 0 < len(event.name) <= 200,
        f"starts_at_local: got {event.starts_at_local}, allowed: wall-clock time without an offset": (
            event.starts_at_local.tzinfo is None
        ),
        f"starts_at_local: got {event.starts_at_local}, allowed: 1970 to 2199": 1970
        <= event.starts_at_local.year
        < 2200,
        f"time_zone: got {event.time_zone!r}, allowed: an IANA name such as Europe/Paris": _is_zone(event.time_zone),
        f"duration: got {event.duration}, allowed: more than 0 and at most {MAX_DURATION}": (
            timedelta(0) < event.duration <= MAX_DURATION
        ),
        f"region_weights: got {dict(event.region_weights)}, allowed: one region or more, above 0 and at most 1 each": (
            bool(event.region_weights) and all(0 < weight <= 1 for weight in event.region_weights.values())
        ),
        f"peak_after_start: got {event.peak_after_start}, allowed: from the start to the end of the event": (
            event.peak_after_start is None or timedelta(0) <= event.peak_after_start <= event.duration
        ),
        f"audience: got {event.audience}, allowed: 1 to {MAX_AUDIENCE}": (
            event.audience is None or 1 <= event.audience <= MAX_AUDIENCE
        ),
        f"requests_per_viewer: got {event.requests_per_viewer}, allowed: 0 to {MAX_REQUESTS_PER_VIEWER:g}": (
            event.requests_per_viewer is None or 0 <= event.requests_per_viewer <= MAX_REQUESTS_PER_VIEWER
        ),
        f"expected_multiple: got {event.expected_multiple}, allowed: 1 to {MAX_EXPECTED_MULTIPLE:g}": (
            event.expected_multiple is None or 1 <= event.expected_multiple <= MAX_EXPECTED_MULTIPLE
        ),
    }
    return [problem for problem, holds in rules.items() if not holds]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
