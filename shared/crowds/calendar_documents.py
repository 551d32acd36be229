"""Calendar events as state documents."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.domain.calendar import CalendarEvent, EventType
from shared.domain.recurrence import Frequency, Recurrence


def event_document(event: CalendarEvent) -> dict[str, Any]:
    """The document of an event."""
    return {
        "event_id": event.event_id,
        "name": event.name,
        "kind": event.kind.value,
        "starts_at_local": event.starts_at_local.isoformat(),
        "time_zone": event.time_zone,
        "duration_s": int(event.duration.total_seconds()),
        "region_weights": dict(event.region_weights),
        "stage": event.stage,
        "peak_after_start_s": None if event.peak_after_start is None else int(event.peak_after_start.total_seconds()),
        "audience": event.audience,
        "requests_per_viewer": event.requests_per_viewer,
        "expected_multiple": event.expected_multiple,
        "recurrence": None if event.recurrence is None else _recurrence_document(event.recurrence),
        "revision": event.revision,
    }


def event_of(document: Mapping[str, Any]) -> CalendarEvent:
    """The event of a document."""
    peak_s, recurrence = document["peak_after_start_s"], document["recurrence"]
    return CalendarEvent(
        event_id=document["event_id"],
        name=document["name"],
        kind=EventType(document["kind"]),
        starts_at_local=datetime.fromisoformat(document["starts_at_local"]),
        time_zone=document["time_zone"],
        duration=timedelta(seconds=document["duration_s"]),
        region_weights=document["region_weights"],
        stage=document["stage"],
        peak_after_start=None if peak_s is None else timedelta(seconds=peak_s),
        audience=document["audience"],
        requests_per_viewer=document.get("requests_per_viewer"),  # entered before there was one: not said
        expected_multiple=document.get("expected_multiple"),  # the same
        recurrence=None if recurrence is None else _recurrence_of(recurrence),
        revision=document["revision"],
    )


def _recurrence_document(recurrence: Recurrence) -> dict[str, Any]:
    until = recurrence.until_local
    return {
        "frequency": recurrence.frequency.value,
        "interval": recurrence.interval,
        "count": recurrence.count,
        "until_local": None if until is None else until.isoformat(),
    }


def _recurrence_of(document: Mapping[str, Any]) -> Recurrence:
    until = document["until_local"]
    return Recurrence(
        frequency=Frequency(document["frequency"]),
        interval=document["interval"],
        count=document["count"],
        until_local=None if until is None else datetime.fromisoformat(until),
    )
