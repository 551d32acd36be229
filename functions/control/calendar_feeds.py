"""Brings the calendar in line with a file or feed that was read: what is new or changed, and what it takes back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from functions.control.ics_import import IcsImport, series_of
from shared.crowds.calendar_store import CalendarStore
from shared.crowds.paths import calendar_feed_document
from shared.domain.calendar import CalendarEvent
from shared.ports.state import Put, StateStore

_KEPT_IDS: Final = 4_000
"""Of a feed: two imports of the most times that a file may have; a document of Firestore has at most 1 MiB."""


@dataclass(frozen=True)
class FeedChange:
    """The calendar's revision, how many events are new or changed, and those that were taken out."""

    revision: int
    changed: int
    removed: tuple[CalendarEvent, ...]


class CalendarFeeds:
    """Reads of files and feeds, each of which may come again.

    An entry that is in a file speaks for all of its times: one that it cancels or leaves out is taken out, if it is
    ahead. `source` names a feed: then an event that came from it and is in it no more is taken out, too. What is over
    stays, since growth is learned from it; so does what belongs to an entry that could not be understood, and all of it
    where no entry could be.
    """

    def __init__(self, state: StateStore, calendar: CalendarStore) -> None:
        self._state = state
        self._calendar = calendar

    def take(self, read: IcsImport, now: datetime, end: datetime, source: str | None) -> FeedChange:
        """Enter what was read of the time up to `end`, and take out what it takes back."""
        came_before = set() if source is None else self._ids(source)
        entered = self._calendar.put(read.events)
        gone = tuple(self._taken_back(read, came_before, now, end))
        removed = self._calendar.remove_all([event.event_id for event in gone])
        if source is not None:  # after the changes: cut short, the next reading finds what this one did not take out
            ids = {event.event_id for event in read.events}
            still = sorted(came_before - ids - {event.event_id for event in gone})
            kept = [*sorted(ids), *still][:_KEPT_IDS]
            self._state.commit([Put(calendar_feed_document(source), {"ids": kept})])
        return FeedChange(max(entered.revision, removed.revision), entered.changed, gone)

    def _ids(self, source: str) -> set[str]:
        document = self._state.get(calendar_feed_document(source))
        return set() if document is None else set(document.data["ids"])

    def _taken_back(
        self, read: IcsImport, came_before: set[str], now: datetime, end: datetime
    ) -> Iterator[CalendarEvent]:
        read_ids = {event.event_id for event in read.events}
        understood = read.uids - read.unclear
        if not understood:  # a feed that fails shows an empty calendar more often than one is emptied on purpose
            return
        for event in self._calendar.events():
            event_id, series = event.event_id, series_of(event.event_id)
            if event_id in read_ids or {event_id, series} & read.unclear:
                continue
            told_of = bool({event_id, series} & understood) or event_id in came_before
            if told_of and event.occurrences(now, end):
                yield event
