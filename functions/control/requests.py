"""The bodies and parameters that control takes."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import AfterValidator, AwareDatetime, Field, NaiveDatetime, model_validator

from shared.domain.calendar import (
    MAX_AUDIENCE,
    MAX_EXPECTED_MULTIPLE,
    MAX_REQUESTS_PER_VIEWER,
    CalendarEvent,
    EventType,
)
from shared.domain.limits import MAX_REVISION
from shared.domain.recurrence import MAX_OCCURRENCES, Frequency, Recurrence
from shared.http import RequestModel
from shared.topology import load_topology

EVENT_ID: Final = r"[A-Za-z0-9][A-Za-z0-9._@:+-]{0,199}"
MAX_DURATION_MIN: Final = 20_160
MAX_ICS_CHARACTERS: Final = 1_000_000
MAX_SPAN: Final = timedelta(days=400)
YEARS: Final = range(1970, 2500)


def _within_years(moment: datetime) -> datetime:
    if moment.year not in YEARS:  # at the ends of the calendar a time has no form in UTC
        raise ValueError(f"a time of the years {YEARS[0]} to {YEARS[-1]}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_within_years)]
"""A time with its offset."""

Weight = Annotated[float, Field(gt=0, le=1)]


def _one_of_ours(region: str) -> str:
    known = load_topology().regions
    if region not in known:
        raise ValueError(f"regions of topology.yaml: {', '.join(sorted(known))}")
    return region


RegionWeights = Annotated[
    dict[Annotated[str, AfterValidator(_one_of_ours)], Weight], Field(min_length=1, max_length=100)
]


class RecurrenceBody(RequestModel):
    """How an event comes again, in its own wall-clock time."""

    frequency: Frequency
    interval: int = Field(default=1, ge=1, le=366)
    count: int | None = Field(default=None, ge=1, le=MAX_OCCURRENCES)
    until_local: NaiveDatetime | None = None


class Empty(RequestModel):
    """A body that says nothing."""


class PutEvent(RequestModel):
    """`PUT /v1/calendar/events/{event}`. `starts_at_local` is wall-clock time in `time_zone`, without an offset."""

    regions: RegionWeights
    name: str = Field(min_length=1, max_length=200)
    kind: EventType
    starts_at_local: NaiveDatetime
    time_zone: str = Field(default="UTC", min_length=1, max_length=64)
    duration_min: float = Field(gt=0, le=MAX_DURATION_MIN)
    stage: str = Field(default="", max_length=100)
    peak_after_start_min: float | None = Field(default=None, ge=0, le=MAX_DURATION_MIN)
    audience: int | None = Field(default=None, ge=1, le=MAX_AUDIENCE)
    requests_per_viewer: float | None = Field(default=None, ge=0, le=MAX_REQUESTS_PER_VIEWER)
    expected_multiple: float | None = Field(default=None, ge=1, le=MAX_EXPECTED_MULTIPLE)
    recurrence: RecurrenceBody | None = None
    if_revision: int | None = Field(default=None, ge=0, le=MAX_REVISION)

    @model_validator(mode="after")
    def _is_an_event(self) -> Self:
        peak, repeated = self.peak_after_start_min, self.recurrence
        if peak is not None and peak > self.duration_min:
            raise ValueError(f"peak_after_start_min: got {peak:g}, allowed: 0 to {self.duration_min:g} (duration_min)")
        if repeated is not None and repeated.until_local is not None and repeated.until_local < self.starts_at_local:
            first, last = self.starts_at_local.isoformat(), repeated.until_local.isoformat()
            raise ValueError(f"recurrence.until_local: got {last}, allowed: not before starts_at_local, {first}")
        self.event("checked")
        return self

    def event(self, event_id: str) -> CalendarEvent:
        """The event that is meant.

        Raises:
            ValueError: fields contradict each other; the text names one, its value and what is allowed.
        """
        peak, repeated = self.peak_after_start_min, self.recurrence
        return CalendarEvent(
            event_id=event_id,
            name=self.name,
            kind=self.kind,
            starts_at_local=self.starts_at_local,
            time_zone=self.time_zone,
            duration=timedelta(minutes=self.duration_min),
            region_weights=self.regions,
            stage=self.stage,
            peak_after_start=None if peak is None else timedelta(minutes=peak),
            audience=self.audience,
            requests_per_viewer=self.requests_per_viewer,
            expected_multiple=self.expected_multiple,
            recurrence=None if repeated is None else Recurrence(**dict(repeated)),
        )


class ImportCalendar(RequestModel):
    """`POST /v1/calendar/import`: an iCalendar file, and what is taken of entries that do not say it themselves.

    `source` names the feed that it is: what came from there and is in it no more is taken out.
    """

    regions: RegionWeights
    ics: str = Field(min_length=1, max_length=MAX_ICS_CHARACTERS)
    kind: EventType = EventType.OTHER
    time_zone: str = Field(default="UTC", min_length=1, max_length=64)
    duration_min: float = Field(default=120.0, gt=0, le=MAX_DURATION_MIN)
    days_ahead: int = Field(default=90, ge=1, le=366)
    source: str | None = Field(default=None, min_length=1, max_length=2000)


class Span(RequestModel):
    """`?from=&to=`: a stretch of time; from now on for so long unless it is said."""

    begin: Moment | None = Field(default=None, alias="from")
    end: Moment | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.begin is not None and self.end is not None and not timedelta(0) < self.end - self.begin <= MAX_SPAN:
            first, last = self.begin.isoformat(), self.end.isoformat()
            raise ValueError(f"to: got {last}, allowed: after `from`, {first}, by at most {MAX_SPAN.days} days")
        return self

    def around(self, now: datetime, *, back: timedelta, ahead: timedelta) -> tuple[datetime, datetime]:
        """Both ends, in UTC."""
        begin = self.begin or (min(now, self.end) if self.end else now) - back
        end = self.end or max(now, begin) + ahead
        return begin.astimezone(UTC), end.astimezone(UTC)


class EventSpan(Span):
    """`?from=&to=` or `?from=&days=`."""

    days: int | None = Field(default=None, ge=1, le=366)

    @model_validator(mode="after")
    def _has_one_end(self) -> Self:
        if self.days is not None and self.end is not None:
            raise ValueError(f"days: got {self.days}, allowed: nothing where `to` is given")
        return self
