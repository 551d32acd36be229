"""The event calendar over HTTP."""

import re
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.control.announcements import disagreements_of
from functions.control.requests import EVENT_ID, EventSpan, ImportCalendar, PutEvent
from functions.control.views import event_view, occurrence_view
from shared.auth.operators import require_operator
from shared.crowds.calendar_store import CalendarChange, CalendarStore
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.domain.calendar import CalendarEvent
from shared.errors import FieldProblem, InvalidRequest, shortened
from shared.events.codec import to_message
from shared.events.crowds import CalendarChangedV1
from shared.events.event import event_id_of
from shared.http import json_response, read_body, read_parameters
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher
from shared.ports.state import StateStore

_EVENT_ID: Final = re.compile(EVENT_ID)
_FAR: Final = timedelta(days=1000)
"""How far ahead the next time of an event is looked for."""


class CalendarRoutes:
    """Create, list, edit, delete, import. Each change is announced; the forecast would find it without that."""

    def __init__(
        self, state: StateStore, calendar: CalendarStore, timeline: Timeline, publisher: Publisher, clock: Clock
    ) -> None:
        self._state = state
        self._calendar = calendar
        self._timeline = timeline
        self._publisher = publisher
        self._clock = clock

    def routes(self) -> list[Route]:
        """As listed for `control` in topology.yaml."""
        one = "/v1/calendar/events/{event}"
        return [
            Route("/v1/calendar/events", self.list_events, methods=["GET"]),
            Route("/v1/calendar/import", self.import_file, methods=["POST"]),
            Route(one, self.get, methods=["GET"]),
            Route(one, self.put, methods=["PUT"]),
            Route(one, self.delete, methods=["DELETE"]),
        ]

    async def list_events(self, request: Request) -> Response:
        """Events with the times they are on in a span, by default the next 30 days."""
        require_operator(request)
        span = read_parameters(request, EventSpan)
        begin, end = span.around(self._clock.now(), back=timedelta(0), ahead=timedelta(days=span.days or 30))
        revision = await run_in_threadpool(self._calendar.revision)
        found = await run_in_threadpool(self._calendar.occurrences, begin, end)
        return json_response({"revision": revision, "events": [occurrence_view(one) for one in found]})

    async def get(self, request: Request) -> Response:
        """One event as it was entered."""
        event = await run_in_threadpool(self._calendar.get, _event_id(request))
        return json_response(await run_in_threadpool(self._view, event))

    async def put(self, request: Request) -> Response:
        """Enter an event, or change it."""
        event_id = _event_id(request)
        body = await read_body(request, PutEvent)
        event = body.event(event_id)
        change = await run_in_threadpool(self._calendar.put, [event], if_revision=body.if_revision)
        await run_in_threadpool(self._announce, change, f"{event.name} ({event.kind.value}) is in the calendar")
        kept = await run_in_threadpool(self._calendar.get, event_id)
        return json_response(await run_in_threadpool(self._view, kept))

    async def delete(self, request: Request) -> Response:
        """Take an event out."""
        event_id = _event_id(request)
        change = await run_in_threadpool(self._calendar.remove, event_id)
        await run_in_threadpool(self._announce, change, f"event {event_id} was taken out of the calendar")
        return Response(status_code=204)

    async def import_file(self, request: Request) -> Response:
        """Enter what an iCalendar file announces; entries of the same id are replaced, what it cancels is taken out."""
        from functions.control.calendar_feeds import CalendarFeeds  # noqa: PLC0415 - icalendar: cold start
        from functions.control.ics_import import ImportDefaults, import_ics  # noqa: PLC0415 - icalendar: cold start

        require_operator(request)
        body = await read_body(request, ImportCalendar)
        now = self._clock.now()
        end = now + timedelta(days=body.days_ahead)
        defaults = ImportDefaults(body.regions, body.kind, body.time_zone, timedelta(minutes=body.duration_min))
        read = await run_in_threadpool(
            lambda: import_ics(body.ics.encode(), defaults, begin=now - timedelta(days=1), end=end)
        )
        feeds = CalendarFeeds(self._state, self._calendar)
        change = await run_in_threadpool(feeds.take, read, now, end, body.source)
        changes = CalendarChange(change.revision, change.changed + len(change.removed))
        text = f"a calendar file was read: new or changed {change.changed}, taken out {len(change.removed)}"
        await run_in_threadpool(self._announce, changes, text)
        return json_response(
            {
                "revision": change.revision,
                "changed": change.changed,
                "removed": [_brief(event) for event in change.removed],
                "events": [_brief(event) for event in read.events],
                "disagreements": await run_in_threadpool(disagreements_of, self._state, read.events),
                "skipped": [{"uid": one.uid, "reason": one.reason.value, "detail": one.detail} for one in read.skipped],
            }
        )

    def _view(self, event: CalendarEvent) -> dict[str, Any]:
        """An event as it was entered, when it is on next, and where what is announced is far from what was learned."""
        now = self._clock.now()
        ahead = event.occurrences(now, now + _FAR)
        return {
            **event_view(event),
            "next_starts_at": ahead[0].starts_at.isoformat() if ahead else None,
            "disagreements": disagreements_of(self._state, [event]),
        }

    def _announce(self, change: CalendarChange, text: str) -> None:
        if not change.changed:
            return
        now: datetime = self._clock.now()
        self._timeline.note(TimelineEntry(now, EntryKind.CALENDAR, f"calendar {change.revision}", text))
        changed = CalendarChangedV1(
            event_id=event_id_of(CalendarChangedV1.type, change.revision), occurred_at=now, revision=change.revision
        )
        self._publisher.publish([to_message(changed)])


def _brief(event: CalendarEvent) -> dict[str, Any]:
    return {"id": event.event_id, "name": event.name, "starts_at_local": event.starts_at_local.isoformat()}


def _event_id(request: Request) -> str:
    require_operator(request)
    event_id: str = request.path_params["event"]
    if not _EVENT_ID.fullmatch(event_id):
        raise InvalidRequest(FieldProblem("event", shortened(event_id), f"ids matching {EVENT_ID}"))
    return event_id
