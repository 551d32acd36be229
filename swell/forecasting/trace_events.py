"""Events of a recorded trace: a CSV file with one line an event."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from shared.domain.calendar import CalendarEvent, EventType
from swell.forecasting.traces import UnreadableTrace, moment_in, read_csv

START_COLUMNS = ("start_utc", "start", "starts_at", "start_local_edt", "start_local")
NAME_COLUMNS = ("event", "name", "home")
DEFAULT_DURATION_MIN = 60
MAX_EVENTS = 10_000
# A stage by this name is an event of another kind; the rest of a fixture list is sports.
FINAL = "final"


def read_events(path: Path, region: str) -> tuple[CalendarEvent, ...]:
    """Events that drew crowds to the one region of a trace.

    Columns: a start (`start_utc`, `start` or `start_local_edt`, on the clock of the trace), and if there are any
    `duration_min`, `kind`, `stage`, `audience` and a name. A list with stages is one of sports fixtures; without kind
    and stage an event is of the kind `other`.

    Raises:
        UnreadableTrace: the file is missing or is not such a file.
    """
    header, lines = read_csv(path)
    start = next((column for column in START_COLUMNS if column in header), None)
    if start is None:
        allowed = ", ".join(START_COLUMNS)
        raise UnreadableTrace(f"{path}: got the header {','.join(header)!r}, allowed: one with a column {allowed}")
    if len(lines) > MAX_EVENTS:
        raise UnreadableTrace(f"{path}: got {len(lines)} events, allowed: {MAX_EVENTS}")
    return tuple(
        _event(path, number, dict(zip(header, line, strict=False)), start, region)
        for number, line in enumerate(lines, start=2)
    )


def _event(path: Path, number: int, fields: Mapping[str, str], start: str, region: str) -> CalendarEvent:
    name = next((fields[column] for column in NAME_COLUMNS if fields.get(column)), f"event {number}")
    audience = fields.get("audience")
    try:
        return CalendarEvent(
            event_id=f"{path.stem}-{number}",
            name=name,
            kind=_kind(fields),
            starts_at_local=moment_in(fields.get(start, "")).replace(tzinfo=None),
            time_zone="UTC",
            duration=timedelta(minutes=float(fields.get("duration_min") or DEFAULT_DURATION_MIN)),
            region_weights={region: 1.0},
            stage=fields.get("stage", ""),
            audience=int(audience) if audience else None,
        )
    except (ValueError, OverflowError) as error:
        raise UnreadableTrace(f"{path}, line {number}: {error}") from error


def _kind(fields: Mapping[str, str]) -> EventType:
    if kind := fields.get("kind"):
        return EventType(kind)
    if not fields.get("stage"):
        return EventType.OTHER
    return EventType.SPORTS_FINAL if fields["stage"].strip().lower() == FINAL else EventType.SPORTS
