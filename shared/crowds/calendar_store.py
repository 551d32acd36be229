"""The event calendar: what operators and feeds have announced."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from shared.coordination.races import retry_lost_races
from shared.crowds.calendar_documents import event_document, event_of
from shared.crowds.paths import CALENDAR, CALENDAR_REVISION, calendar_document
from shared.domain.calendar import CalendarEvent, Occurrence
from shared.errors import Conflict, NotFound
from shared.ports.state import ABSENT, Absent, Delete, Document, Put, StateStore, Write

T = TypeVar("T")

_BATCH: Final = 200
_PAGE: Final = 500


@dataclass(frozen=True)
class CalendarChange:
    """What a change did: the calendar's revision after it, and how many events are now other than before."""

    revision: int
    changed: int


class CalendarStore:
    """Events as documents; each change raises the calendar's revision in the same commit."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def revision(self) -> int:
        """How often the calendar has changed."""
        return _revision_of(self._state.get(CALENDAR_REVISION))

    def events(self) -> Iterator[CalendarEvent]:
        """All events, in no particular order."""
        after = ""
        while page := self._state.list(CALENDAR, after=after, limit=_PAGE):
            yield from (event_of(document.data) for document in page)
            after = page[-1].id

    def occurrences(self, after: datetime, before: datetime) -> tuple[Occurrence, ...]:
        """All times that events are on between two moments, earliest first."""
        found = (occurrence for event in self.events() for occurrence in event.occurrences(after, before))
        return tuple(sorted(found, key=lambda occurrence: (occurrence.starts_at, occurrence.event.event_id)))

    def get(self, event_id: str) -> CalendarEvent:
        """One event.

        Raises:
            NotFound: the calendar has no such event.
        """
        document = self._state.get(calendar_document(event_id))
        if document is None:
            raise NotFound(f"calendar event {event_id!r} does not exist")
        return event_of(document.data)

    def put(self, events: Sequence[CalendarEvent], *, if_revision: int | None = None) -> CalendarChange:
        """Add events, or replace those of the same id; what is there already as given changes nothing.

        `if_revision` is that of the one event as it was read, 0 for one that must be new.

        Raises:
            Conflict: the event is at another revision than `if_revision`.
            RevisionConflict: others changed the calendar every time this was tried.
        """
        return self._in_batches(events, lambda batch: self._put(batch, if_revision))

    def remove(self, event_id: str) -> CalendarChange:
        """Take an event out of the calendar.

        Raises:
            NotFound: the calendar has no such event.
        """
        return retry_lost_races(lambda: self._remove(event_id), "calendar")

    def remove_all(self, event_ids: Sequence[str]) -> CalendarChange:
        """Take events out of the calendar; one that is not in it is fine."""
        return self._in_batches(event_ids, self._remove_all)

    def _in_batches(self, all_of_them: Sequence[T], change: Callable[[Sequence[T]], CalendarChange]) -> CalendarChange:
        made = CalendarChange(self.revision(), 0)
        for first in range(0, len(all_of_them), _BATCH):
            done = retry_lost_races(partial(change, all_of_them[first : first + _BATCH]), "calendar")
            made = CalendarChange(done.revision, made.changed + done.changed)
        return made

    def _put(self, events: Sequence[CalendarEvent], if_revision: int | None) -> CalendarChange:
        counter = self._state.get(CALENDAR_REVISION)
        revision = _revision_of(counter) + 1
        existing = self._state.get_many([calendar_document(event.event_id) for event in events])
        writes: list[Write] = []
        for event, document in zip(events, existing, strict=True):
            _require_revision(event.event_id, document, if_revision)
            if document is None or event_of(document.data) != replace(event, revision=document.data["revision"]):
                data = event_document(replace(event, revision=revision))
                writes.append(Put(calendar_document(event.event_id), data, if_version=_version(document)))
        if not writes:
            return CalendarChange(revision - 1, 0)
        self._state.commit([*writes, _counted(counter, revision)])
        return CalendarChange(revision, len(writes))

    def _remove(self, event_id: str) -> CalendarChange:
        change = self._remove_all([event_id])
        if not change.changed:
            raise NotFound(f"calendar event {event_id!r} does not exist")
        return change

    def _remove_all(self, event_ids: Sequence[str]) -> CalendarChange:
        counter = self._state.get(CALENDAR_REVISION)
        found = self._state.get_many([calendar_document(event_id) for event_id in event_ids])
        deletes: list[Write] = [Delete(one.path, if_version=one.version) for one in found if one is not None]
        revision = _revision_of(counter) + 1
        if not deletes:
            return CalendarChange(revision - 1, 0)
        self._state.commit([*deletes, _counted(counter, revision)])
        return CalendarChange(revision, len(deletes))


def _require_revision(event_id: str, document: Document | None, if_revision: int | None) -> None:
    at = 0 if document is None else document.data["revision"]
    if if_revision is not None and at != if_revision:
        raise Conflict(f"calendar event {event_id!r} is at revision {at}, not {if_revision}")


def _revision_of(counter: Document | None) -> int:
    return 0 if counter is None else int(counter.data["revision"])


def _counted(counter: Document | None, revision: int) -> Put:
    return Put(CALENDAR_REVISION, {"revision": revision}, if_version=_version(counter))


def _version(document: Document | None) -> str | Absent:
    return ABSENT if document is None else document.version
