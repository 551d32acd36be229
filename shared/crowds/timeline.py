"""The timeline: what was decided and done about crowds and money, in one place and in order, for people to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.crowds.paths import TIMELINE
from shared.events.event import event_id_of
from shared.ports.state import ABSENT, PreconditionFailed, Put, StateStore

KEPT: Final = timedelta(days=35)


class EntryKind(StrEnum):
    """What an entry is about."""

    CALENDAR = "calendar"
    FORECAST = "forecast"
    PLAN = "plan"
    JOB = "job"
    PREWARM = "prewarm"
    SCALING = "scaling"
    BUDGET = "budget"
    SERVING_MODE = "serving_mode"
    ALERT = "alert"
    REPORT = "report"


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened. `key` names it: noted again under the same key, it is still one entry."""

    at: datetime
    kind: EntryKind
    key: str
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)


class Timeline:
    """Entries by time, each written once."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def note(self, entry: TimelineEntry) -> None:
        """Keep an entry; one of this time, kind and key that is there already stays as it is."""
        try:
            self._state.commit([timeline_write(entry)])
        except PreconditionFailed:
            return

    def note_once(self, entry: TimelineEntry) -> None:
        """Keep an entry unless one of its kind and key stands already, at whatever time: for facts told again."""
        marker = Put(f"timeline_keys/{event_id_of(entry.kind, entry.key)}", {}, ABSENT, expires_at=entry.at + KEPT)
        try:
            self._state.commit([marker, timeline_write(entry)])
        except PreconditionFailed:
            return

    def since(self, moment: datetime, *, limit: int = 1000) -> Sequence[TimelineEntry]:
        """Entries from a moment on, oldest first."""
        documents = self._state.list(TIMELINE, after=_stamp(moment), limit=limit)
        return [
            TimelineEntry(
                at=datetime.fromisoformat(document.data["at"]),
                kind=EntryKind(document.data["kind"]),
                key=document.data["key"],
                text=document.data["text"],
                fields=document.data["fields"],
            )
            for document in documents
        ]


def timeline_write(entry: TimelineEntry) -> Put:
    """The write that keeps an entry, for a commit that holds what it tells of."""
    data = {"at": entry.at.isoformat(), "kind": entry.kind.value, "key": entry.key, "text": entry.text}
    return Put(_path(entry), {**data, "fields": dict(entry.fields)}, ABSENT, expires_at=entry.at + KEPT)


def _path(entry: TimelineEntry) -> str:
    return f"{TIMELINE}/{_stamp(entry.at)}-{event_id_of(entry.kind, entry.key)[:8]}"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")
