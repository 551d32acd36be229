"""The budget over HTTP: what may be spent, how much is, and the emergency stop."""

from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.auth.operators import require_operator
from shared.budget.documents import LEDGER, Budget, Budgets
from shared.budget.emergency_stop import StopDecision, StopOrder, obey
from shared.budget.limits import ApprovedRaise, Limits, contradictions
from shared.crowds.spending import load_spending
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.domain.money import MICROS_PER_DOLLAR, micros_of
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, mode_of
from shared.errors import FieldProblem, InvalidRequest
from shared.http import RequestModel, json_response, read_body
from shared.ports.clock import Clock
from shared.ports.state import StateStore

Dollars = Decimal


class PutBudget(RequestModel):
    """`PUT /v1/budget`: dollars in each clock hour, day and month (UTC)."""

    hour: Dollars = Field(gt=0, le=1_000_000_000, decimal_places=6)
    day: Dollars = Field(gt=0, le=1_000_000_000, decimal_places=6)
    month: Dollars = Field(gt=0, le=10_000_000_000, decimal_places=6)
    if_revision: int | None = Field(default=None, ge=0)


class ApproveRaise(RequestModel):
    """`POST /v1/budget/raises`: dollars more in each hour from the beginning to the end of an event."""

    event_id: str = Field(min_length=1, max_length=200)
    begin: AwareDatetime
    end: AwareDatetime
    extra_per_hour: Dollars = Field(gt=0, le=1_000_000_000, decimal_places=6)
    approved_by: str = Field(min_length=1, max_length=100, pattern=r"\S")


class OrderStop(RequestModel):
    """`POST /v1/budget/stop` and `/resume`: only somebody who is named may stop all spending, or let it go on."""

    operator: str = Field(min_length=1, max_length=100, pattern=r"\S")


class BudgetRoutes:
    """What operators decide, and what budget enforcement keeps."""

    def __init__(self, state: StateStore, timeline: Timeline, clock: Clock) -> None:
        self._state = state
        self._budgets = Budgets(state)
        self._timeline = timeline
        self._clock = clock

    def routes(self) -> list[Route]:
        """As listed for `control` in topology.yaml."""
        return [
            Route("/v1/budget", self.show, methods=["GET"]),
            Route("/v1/budget", self.put, methods=["PUT"]),
            Route("/v1/budget/raises", self.approve, methods=["POST"]),
            Route("/v1/budget/stop", self.stop, methods=["POST"]),
            Route("/v1/budget/resume", self.resume, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Limits, what is spent, how fast it may be spent, and what has given way."""
        require_operator(request)
        return json_response(await run_in_threadpool(self._show))

    async def put(self, request: Request) -> Response:
        """Set the limits."""
        require_operator(request)
        body = await read_body(request, PutBudget)
        limits = Limits(micros_of(body.hour), micros_of(body.day), micros_of(body.month))
        await run_in_threadpool(lambda: self._budgets.set_limits(limits, if_revision=body.if_revision))
        return json_response(await run_in_threadpool(self._show))

    async def approve(self, request: Request) -> Response:
        """Allow more for an event."""
        require_operator(request)
        body = await read_body(request, ApproveRaise)
        if body.end <= body.begin:
            raise InvalidRequest(FieldProblem("end", body.end.isoformat(), f"after `begin`, {body.begin.isoformat()}"))
        raised = ApprovedRaise(
            body.event_id, body.begin, body.end, micros_of(body.extra_per_hour), body.approved_by.strip()
        )
        await run_in_threadpool(self._budgets.approve, raised)
        return json_response(await run_in_threadpool(self._show))

    async def stop(self, request: Request) -> Response:
        """Stop all spending."""
        return await self._order(request, stop=True)

    async def resume(self, request: Request) -> Response:
        """Let spending go on."""
        return await self._order(request, stop=False)

    async def _order(self, request: Request, *, stop: bool) -> Response:
        require_operator(request)
        body = await read_body(request, OrderStop)
        order = StopOrder(stop=stop, given_at=self._clock.now(), operator=body.operator)
        decision = await run_in_threadpool(self._obey, order)
        return json_response({"stopped": decision.state.stopped, "by": decision.state.by, "reason": decision.reason})

    def _obey(self, order: StopOrder) -> StopDecision:
        decision = obey(order, self._budgets.stop())
        self._budgets.change_stop(lambda before: obey(order, before).state)
        wish = "stop all spending" if order.stop else "spending goes on"
        text = f"{order.operator}: {wish} ({decision.reason.value})"
        key = f"stop {order.given_at.isoformat()}"
        self._timeline.note(TimelineEntry(order.given_at, EntryKind.BUDGET, key, text))
        return decision

    def _show(self) -> dict[str, Any]:
        budget, stop = self._budgets.find(), self._budgets.stop()
        ledger, mode = self._state.get_many([LEDGER, SERVING_MODE_DOCUMENT])
        spending = load_spending(self._state)
        spent = None if ledger is None else ledger.data["ledger"]
        return {
            "budget": None if budget is None else _budget_view(budget),
            "spent": None
            if spent is None
            else {
                **{window: _dollars(spent[window]) for window in ("hour", "day", "month")},
                "booked_until": spent["booked_until"],
            },
            "dollars_per_hour": None if spending is None else _dollars(spending.micros_per_hour),
            "serving_mode": mode_of(None if mode is None else mode.data).label,
            "reason": None if mode is None else mode.data.get("reason"),
            "stopped": stop.stopped,
            "stopped_by": stop.by,
        }


def _budget_view(budget: Budget) -> dict[str, Any]:
    limits = budget.limits
    return {
        "hour": _dollars(limits.hour),
        "day": _dollars(limits.day),
        "month": _dollars(limits.month),
        "raises": [
            {
                "event_id": one.event_id,
                "begin": one.begin.isoformat(),
                "end": one.end.isoformat(),
                "extra_per_hour": _dollars(one.extra_per_hour),
                "approved_by": one.approved_by,
            }
            for one in budget.raises
        ],
        "revision": budget.revision,
        "contradictions": list(contradictions(limits)),
    }


def _dollars(micros: int) -> float:
    return micros / MICROS_PER_DOLLAR
