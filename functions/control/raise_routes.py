"""Raises over HTTP: what an approved event may cost beyond the limits, for its time."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.control.requests import EVENT_ID, Moment
from shared.auth.operators import require_operator
from shared.budget.documents import Budgets
from shared.budget.limits import ApprovedRaise
from shared.crowds.calendar_store import CalendarStore
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.domain.money import MICROS_PER_DOLLAR, dollars, micros_of
from shared.errors import FieldProblem, InvalidRequest, NotFound
from shared.http import RequestModel, json_response, read_body, read_parameters
from shared.ports.clock import Clock

BEFORE: Final = timedelta(hours=1)
AFTER: Final = timedelta(hours=1)
"""Where nobody says from when to when, a raise holds while a crowd comes, is there, and leaves."""
AHEAD: Final = timedelta(days=366)
LONGEST: Final = timedelta(days=31)


class ApproveRaise(RequestModel):
    """`POST /v1/budget/raises`: dollars more in each hour that an event touches.

    Without `begin` and `end` it holds for the next time at which the calendar has the event.
    """

    event_id: str = Field(pattern=f"^{EVENT_ID}$")
    begin: Moment | None = None
    end: Moment | None = None
    extra_per_hour: Decimal = Field(gt=0, le=1_000_000_000, decimal_places=6)
    approved_by: str = Field(min_length=1, max_length=100, pattern=r"\S")
    why: str = Field(default="", max_length=500)


class TakeBack(RequestModel):
    """`?operator=&why=`: who takes a raise back."""

    operator: str = Field(min_length=1, max_length=100, pattern=r"\S")
    why: str = Field(default="", max_length=500)


class RaiseRoutes:
    """Approves, shows and takes back; who did it, when and why is kept."""

    def __init__(self, budgets: Budgets, calendar: CalendarStore, timeline: Timeline, clock: Clock) -> None:
        self._budgets = budgets
        self._calendar = calendar
        self._timeline = timeline
        self._clock = clock

    def routes(self) -> list[Route]:
        """As listed for `control` in topology.yaml."""
        return [
            Route("/v1/budget/raises", self.show, methods=["GET"]),
            Route("/v1/budget/raises", self.approve, methods=["POST"]),
            Route("/v1/budget/raises/{event}", self.take_back, methods=["DELETE"]),
        ]

    async def show(self, request: Request) -> Response:
        """Every raise that still counts."""
        require_operator(request)
        budget, now = await run_in_threadpool(self._budgets.find), self._clock.now()
        raises = () if budget is None else budget.raises
        return json_response({"raises": [raise_view(one, now) for one in raises if not one.is_over(now)]})

    async def approve(self, request: Request) -> Response:
        """Allow more for an event, or change what was allowed for it."""
        require_operator(request)
        body = await read_body(request, ApproveRaise)
        return json_response(await run_in_threadpool(self._approve, body))

    async def take_back(self, request: Request) -> Response:
        """Allow it no more."""
        require_operator(request)
        event_id, by = request.path_params["event"], read_parameters(request, TakeBack)
        await run_in_threadpool(self._budgets.remove_raise, event_id)
        await run_in_threadpool(self._tell, by.operator, f"takes back the raise for {event_id}", by.why)
        return Response(status_code=204)

    def _approve(self, body: ApproveRaise) -> dict[str, Any]:
        now = self._clock.now()
        begin, end = self._span(body, now)
        raised = ApprovedRaise(
            body.event_id, begin, end, micros_of(body.extra_per_hour), body.approved_by.strip(), now, body.why
        )
        known = self._budgets.find()
        same = next((one for one in known.raises if one.event_id == body.event_id), None) if known else None
        if same is not None and _terms(same) == _terms(raised):
            return raise_view(same, now)  # sent again
        self._budgets.approve(raised)
        extra = dollars(raised.extra_per_hour)
        self._tell(
            raised.approved_by,
            f"allows {extra} an hour more for {body.event_id}, {begin:%m-%d %H:%M} to {end:%m-%d %H:%M} UTC",
            body.why,
        )
        return raise_view(raised, now)

    def _span(self, body: ApproveRaise, now: datetime) -> tuple[datetime, datetime]:
        if (body.begin is None) != (body.end is None):
            raise InvalidRequest(FieldProblem("end" if body.end is None else "begin", "nothing", "both, or neither"))
        begin, end = (body.begin, body.end) if body.begin and body.end else self._occurrence(body.event_id, now)
        if not timedelta(0) < end - begin <= LONGEST:
            allowed = f"after `begin`, {begin.isoformat()}, by at most {LONGEST.days} days"
            raise InvalidRequest(FieldProblem("end", end.isoformat(), allowed))
        if end <= now:
            raise InvalidRequest(FieldProblem("end", end.isoformat(), f"after now, {now.isoformat()}"))
        return begin, end

    def _occurrence(self, event_id: str, now: datetime) -> tuple[datetime, datetime]:
        """The next time at which an event is on, with the time that its crowd takes to come and leave."""
        event = self._calendar.get(event_id)
        found = [one for one in event.occurrences(now - AFTER, now + AHEAD) if one.ends_at + AFTER > now]
        if not found:
            raise NotFound(f"event {event_id!r} is not on again within {AHEAD.days} days")
        first = min(found, key=lambda one: one.starts_at)
        return first.starts_at - BEFORE, first.ends_at + AFTER

    def _tell(self, who: str, what: str, why: str) -> None:
        now = self._clock.now()
        text = f"{who.strip()} {what}{f', because {why}' if why else ''}"
        self._timeline.note(TimelineEntry(now, EntryKind.BUDGET, f"{text} {now.isoformat()}", text))


def raise_view(one: ApprovedRaise, now: datetime) -> dict[str, Any]:
    """A raise in dollars; `state` says whether it is ahead, holds, or has ended and still counts in its month."""
    state = "ahead" if now < one.begin else "holds" if now < one.end else "ended"
    return {
        "event_id": one.event_id,
        "begin": one.begin.isoformat(),
        "end": one.end.isoformat(),
        "extra_per_hour": one.extra_per_hour / MICROS_PER_DOLLAR,
        "approved_by": one.approved_by,
        "approved_at": None if one.approved_at is None else one.approved_at.isoformat(),
        "why": one.why,
        "state": state,
    }


def _terms(one: ApprovedRaise) -> tuple[object, ...]:
    return one.begin, one.end, one.extra_per_hour, one.approved_by, one.why
