"""The budget over HTTP: what may be spent, how much is, and the emergency stop."""

from decimal import Decimal
from typing import Any, Self

from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.control.budget_view import budget_view, stop_view
from shared.auth.operators import require_operator
from shared.budget.documents import Budgets
from shared.budget.emergency_stop import StopDecision, StopOrder
from shared.budget.limits import Limits
from shared.budget.stopping import Stopping
from shared.domain.money import micros_of
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


class OrderStop(RequestModel):
    """`POST /v1/budget/stop`: an operator who is named, or a ballot that was accepted, may stop all spending."""

    operator: str | None = Field(default=None, min_length=1, max_length=100, pattern=r"\S")
    ballot: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9._~-]{0,99}$")
    why: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _has_one_behind_it(self) -> Self:
        if (self.operator is None) == (self.ballot is None):
            raise ValueError("one of `operator` and `ballot`")
        return self


class OrderResume(RequestModel):
    """`POST /v1/budget/resume`: only an operator who is named may let spending go on."""

    operator: str = Field(min_length=1, max_length=100, pattern=r"\S")
    why: str = Field(default="", max_length=500)


class BudgetRoutes:
    """What operators decide, and what budget enforcement keeps."""

    def __init__(self, state: StateStore, stopping: Stopping, clock: Clock) -> None:
        self._state = state
        self._budgets = Budgets(state)
        self._stopping = stopping
        self._clock = clock

    def routes(self) -> list[Route]:
        """As listed for `control` in topology.yaml."""
        return [
            Route("/v1/budget", self.show, methods=["GET"]),
            Route("/v1/budget", self.put, methods=["PUT"]),
            Route("/v1/budget/stop", self.stop, methods=["POST"]),
            Route("/v1/budget/resume", self.resume, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Limits, what is spent, how fast it may be spent, and what has given way since when and why."""
        require_operator(request)
        return json_response(await run_in_threadpool(self._show))

    async def put(self, request: Request) -> Response:
        """Set the limits."""
        require_operator(request)
        body = await read_body(request, PutBudget)
        limits = Limits(micros_of(body.hour), micros_of(body.day), micros_of(body.month))
        await run_in_threadpool(lambda: self._budgets.set_limits(limits, if_revision=body.if_revision))
        return json_response(await run_in_threadpool(self._show))

    async def stop(self, request: Request) -> Response:
        """Stop all spending."""
        require_operator(request)
        body = await read_body(request, OrderStop)
        if body.ballot is not None:
            return _ordered(await run_in_threadpool(self._stopping.by_ballot, body.ballot))
        order = StopOrder(stop=True, given_at=self._clock.now(), operator=body.operator or "", why=body.why)
        return _ordered(await run_in_threadpool(self._stopping.order, order))

    async def resume(self, request: Request) -> Response:
        """Let spending go on."""
        require_operator(request)
        body = await read_body(request, OrderResume)
        order = StopOrder(stop=False, given_at=self._clock.now(), operator=body.operator, why=body.why)
        return _ordered(await run_in_threadpool(self._stopping.order, order))

    def _show(self) -> dict[str, Any]:
        return budget_view(self._state, self._budgets, self._clock.now())


def _ordered(decision: StopDecision) -> Response:
    return json_response({**stop_view(decision.state), "reason": decision.reason.value})
