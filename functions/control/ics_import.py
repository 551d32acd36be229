"""Events of an iCalendar file or feed, as events of the calendar; what cannot be taken is named with its reason."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from functions.control.ics_properties import (
    AUDIENCE,
    MULTIPLE,
    PEAK,
    PER_VIEWER,
    STAGE,
    kind_of,
    number_in,
    require_known_zone,
    weights_in,
    zone_name,
)
from functions.control.ics_rules import MAX_SPAN_DAYS, Rule, UnsupportedRule
from shared.domain.calendar import CalendarEvent, EventType
from shared.errors import FieldProblem, InvalidRequest, RequestTooLarge, shortened

MAX_BYTES = 1_000_000
MAX_EVENTS = 1_000
MAX_OCCURRENCES = 2_000
MAX_LINES = 20_000
MAX_RULE_DAYS = 500_000
"""Days that the rules of a file are expanded over, all together: 27 daily rules of fifty years."""
MAX_ID_LENGTH = 200


class SkipReason(StrEnum):
    """Why an entry brought no event."""

    CANCELLED = "cancelled"
    OUTSIDE_WINDOW = "outside_window"
    RULE_NOT_SUPPORTED = "rule_not_supported"
    NOT_ALLOWED = "not_allowed"


_UNCLEAR: Final = {SkipReason.RULE_NOT_SUPPORTED, SkipReason.NOT_ALLOWED}
_ALLOWED: Final = "an iCalendar file (RFC 5545), whole, from BEGIN:VCALENDAR to END:VCALENDAR"
_OWN_TIME: Final = re.compile(r"@\d{8}T\d{6}Z$")


@dataclass(frozen=True)
class ImportDefaults:
    """What an entry is taken for that does not say it itself."""

    region_weights: Mapping[str, float]
    kind: EventType = EventType.OTHER
    time_zone: str = "UTC"
    duration: timedelta = timedelta(hours=2)


@dataclass(frozen=True)
class Skipped:
    """An entry that brought no event; `detail` says what was not allowed."""

    uid: str
    reason: SkipReason
    detail: str = ""


@dataclass(frozen=True)
class IcsImport:
    """Events by start, one for each time of a recurring entry; their ids stay the same when a feed is read again.

    `uids` are those of all entries, `unclear` of entries that could not be understood.
    """

    events: tuple[CalendarEvent, ...]
    skipped: tuple[Skipped, ...]
    uids: frozenset[str] = frozenset()
    unclear: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Reading:
    """What every entry of a file is read with; `moved` are times of series that have an entry of their own."""

    defaults: ImportDefaults
    begin: datetime
    end: datetime
    moved: frozenset[tuple[str, datetime]]
    rule_days: list[int] = field(default_factory=list)

    def count(self, days: int) -> None:
        """Days that one more rule is expanded over."""
        self.rule_days.append(min(max(days, 0), MAX_SPAN_DAYS))
        if sum(self.rule_days) > MAX_RULE_DAYS:
            problem = FieldProblem("ics", f"rules over {sum(self.rule_days)} days", f"{MAX_RULE_DAYS}")
            raise RequestTooLarge(problem)


def import_ics(content: bytes, defaults: ImportDefaults, *, begin: datetime, end: datetime) -> IcsImport:
    """Read the entries that are on between two moments.

    Raises:
        RequestTooLarge: more bytes, entries or times than are allowed.
        InvalidRequest: it is not an iCalendar file.
    """
    entries = _entries(content)
    times = [(_uid(entry), _moved_time(entry, defaults.time_zone)) for entry in entries]
    moved = frozenset((uid, moment) for uid, moment in times if moment is not None)
    reading = _Reading(defaults, begin, end, moved)
    events: list[CalendarEvent] = []
    skipped: list[Skipped] = []
    for entry in entries:
        found = _read(entry, reading)
        if isinstance(found, Skipped):
            skipped.append(found)
        else:
            events += found
        if len(events) > MAX_OCCURRENCES:
            raise RequestTooLarge(FieldProblem("ics", f"{len(events)} times of events", f"{MAX_OCCURRENCES}"))
    unclear = frozenset(one.uid for one in skipped if one.reason in _UNCLEAR)
    in_order = sorted(events, key=lambda event: event.starts_at_local)
    return IcsImport(tuple(in_order), tuple(skipped), frozenset(uid for uid, _ in times), unclear)


def series_of(event_id: str) -> str:
    """The UID of the entry that brought an event, which may be one time of a series."""
    return _OWN_TIME.sub("", event_id)


def _entries(content: bytes) -> list[Event]:
    if len(content) > MAX_BYTES:
        raise RequestTooLarge(FieldProblem("ics", f"{len(content)} bytes", f"{MAX_BYTES} bytes"))
    lines = content.count(b"\n")
    if lines > MAX_LINES:  # the parser's time grows with the square of what repeats
        raise RequestTooLarge(FieldProblem("ics", f"{lines} lines", f"{MAX_LINES} lines"))
    try:
        read = Calendar.from_ical(content)
    except (ValueError, IndexError, KeyError) as error:
        raise InvalidRequest(FieldProblem("ics", _begin_of(content), _ALLOWED)) from error
    if not isinstance(read, Calendar):
        raise InvalidRequest(FieldProblem("ics", f"a {read.name}", _ALLOWED))
    entries = read.events
    if len(entries) > MAX_EVENTS:
        raise RequestTooLarge(FieldProblem("ics", f"{len(entries)} entries", f"{MAX_EVENTS}"))
    return entries


def _read(entry: Event, reading: _Reading) -> list[CalendarEvent] | Skipped:
    if str(entry.get("STATUS", "")).upper() == "CANCELLED":
        return Skipped(_uid(entry), SkipReason.CANCELLED)
    try:
        found = list(_events(entry, reading))
    except UnsupportedRule as error:
        return Skipped(_uid(entry), SkipReason.RULE_NOT_SUPPORTED, str(error))
    # icalendar raises these for properties that are missing, repeated or broken; each names the property
    except (ValueError, OverflowError, AttributeError, TypeError, KeyError) as error:
        return Skipped(_uid(entry), SkipReason.NOT_ALLOWED, str(error)[:200])
    return found or Skipped(_uid(entry), SkipReason.OUTSIDE_WINDOW)


def _events(entry: Event, reading: _Reading) -> Iterator[CalendarEvent]:
    """An event for each time of an entry that is on within the window."""
    template = _event(entry, reading.defaults)
    zone = ZoneInfo(template.time_zone)
    repeated = "RRULE" in entry or "RDATE" in entry
    for start in sorted(_starts(entry, template, reading)):
        moment = start.replace(tzinfo=zone).astimezone(UTC)
        if repeated and (_uid(entry), moment) in reading.moved:
            continue
        if moment < reading.end and moment + template.duration > reading.begin:
            own_time = moment if repeated else _moved_time(entry, reading.defaults.time_zone)
            yield replace(template, starts_at_local=start, event_id=_event_id(_uid(entry), own_time))


def _starts(entry: Event, template: CalendarEvent, reading: _Reading) -> set[datetime]:
    zone = ZoneInfo(template.time_zone)
    latest = reading.end.astimezone(zone).replace(tzinfo=None)
    starts = {template.starts_at_local}
    for parts in entry.rrules:
        until = [_local(moment, zone) for moment in parts.get("UNTIL", [])]
        rule = Rule.parse(parts, until[0] if until else None)
        reading.count((min([latest, *until]) - template.starts_at_local).days)
        starts |= set(islice(rule.starts(template.starts_at_local, latest), MAX_OCCURRENCES + 1))
    if len(dates := entry.rdates) > MAX_OCCURRENCES:
        raise RequestTooLarge(FieldProblem("ics", f"{len(dates)} times of an event", f"{MAX_OCCURRENCES}"))
    starts |= {_local(moment, zone) for moment, _ in dates}
    return starts - {_local(moment, zone) for moment in entry.exdates}


def _event(entry: Event, defaults: ImportDefaults) -> CalendarEvent:
    """What an entry says about each of its times, with the first of them as its start."""
    start = entry.start
    require_known_zone(entry, start)
    zone = zone_name(start, defaults.time_zone)
    peak = number_in(entry, PEAK, float)
    length = entry.end - start
    if length < timedelta(0):
        raise ValueError(f"DTEND: got {entry.end}, allowed: after DTSTART, {start}")
    return CalendarEvent(
        event_id=_event_id(_uid(entry), None),
        name=str(entry.get("SUMMARY", "")).strip()[:200] or "event",
        kind=kind_of(entry, defaults.kind),
        starts_at_local=_local(start, ZoneInfo(zone)),
        time_zone=zone,
        duration=length or defaults.duration,
        region_weights=weights_in(entry, defaults.region_weights),
        stage=str(entry.get(STAGE, "")),
        peak_after_start=None if peak is None else timedelta(minutes=peak),
        audience=number_in(entry, AUDIENCE, int),
        requests_per_viewer=number_in(entry, PER_VIEWER, float),
        expected_multiple=number_in(entry, MULTIPLE, float),
    )


def _local(moment: date, zone: ZoneInfo) -> datetime:
    """A date or time on the wall clock of a zone."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)


def _moved_time(entry: Event, default_zone: str) -> datetime | None:
    """The time of its series that an entry stands for."""
    moment = getattr(entry.get("RECURRENCE-ID"), "dt", None)
    if not isinstance(moment, date):
        return None
    zone = ZoneInfo(zone_name(moment, default_zone))
    return _local(moment, zone).replace(tzinfo=zone).astimezone(UTC)


def _uid(entry: Event) -> str:
    return str(entry.get("UID", "")) or str(entry.get("SUMMARY", "")) or "entry"


def _begin_of(content: bytes) -> str:
    return shortened(content[:200].decode(errors="replace"))


def _event_id(uid: str, own_time: datetime | None) -> str:
    """The same for the same time of the same entry, whenever it is read."""
    text = uid if own_time is None else f"{uid}@{own_time:%Y%m%dT%H%M%SZ}"
    if len(text) <= MAX_ID_LENGTH:
        return text
    return blake2b(text.encode(), digest_size=20).hexdigest()
