"""What the workflow `enforce_budget` asks for and operators answer, over HTTP; every request may be sent again."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.control.carry_stop import CarryStop
from functions.control.requests import Empty
from shared.auth.operators import require_operator
from shared.budget.decisions import EMERGENCY_STOP, SpendingDecision
from shared.errors import FieldProblem, InvalidRequest, shortened
from shared.http import RequestModel, json_response, read_body

DECISION: Final = r"[a-z0-9][a-z0-9-]{0,93}"
"""Its ballot is named `stop-` and the decision, which must be a name too."""
_DECISION: Final = re.compile(DECISION)
MAX_DEADLINE_S: Final = 86_400


class Propose(RequestModel):
    """`POST /v1/budget/decisions/{decision}/propose`: where an answer is awaited, and how long."""

    action: str = Field(pattern=f"^{EMERGENCY_STOP}$")
    callback_url: str = Field(min_length=1, max_length=2000)
    deadline_s: int = Field(ge=1, le=MAX_DEADLINE_S)


class AnswerDecision(RequestModel):
    """`POST /v1/budget/decisions/{decision}/answer`: the word of an operator."""

    operator: str = Field(min_length=1, max_length=100, pattern=r"\S")
    approves: bool = Field(strict=True)
    why: str = Field(default="", max_length=500)


class DecisionRoutes:
    """Decisions that wait for a word."""

    def __init__(self, carry: CarryStop) -> None:
        self._carry = carry

    def routes(self) -> list[Route]:
        """As listed for `control` in topology.yaml."""
        one = "/v1/budget/decisions/{decision}"
        return [
            Route("/v1/budget/decisions", self.list, methods=["GET"]),
            Route(one, self.show, methods=["GET"]),
            Route(f"{one}/propose", self.propose, methods=["POST"]),
            Route(f"{one}/answer", self.answer, methods=["POST"]),
            Route(f"{one}/apply", self.apply, methods=["POST"]),
            Route(f"{one}/lift", self.lift, methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """Every decision that is kept, the latest first."""
        require_operator(request)
        shown = await run_in_threadpool(lambda: [self._view(one) for one in self._carry.all()])
        return json_response({"decisions": shown})

    async def show(self, request: Request) -> Response:
        """One decision: whether it may be applied, and whether nothing is left to enforce."""
        decision_id = _decision(request)
        return await self._shown(lambda: self._carry.get(decision_id))

    async def propose(self, request: Request) -> Response:
        """Ask operators and regions."""
        decision_id, body = _decision(request), await read_body(request, Propose)
        lasts = timedelta(seconds=body.deadline_s)
        return await self._shown(lambda: self._carry.propose(decision_id, body.action, body.callback_url, lasts))

    async def answer(self, request: Request) -> Response:
        """Say yes or no, for whoever waits."""
        decision_id, body = _decision(request), await read_body(request, AnswerDecision)
        return await self._shown(
            lambda: self._carry.answer(decision_id, body.operator.strip(), approves=body.approves, why=body.why)
        )

    async def apply(self, request: Request) -> Response:
        """Stop, if somebody stands behind it."""
        decision_id = _decision(request)
        await read_body(request, Empty)
        return await self._shown(lambda: self._carry.apply(decision_id))

    async def lift(self, request: Request) -> Response:
        """Take back what was applied; where nothing was, that is noted."""
        decision_id = _decision(request)
        await read_body(request, Empty)
        return await self._shown(lambda: self._carry.lift(decision_id))

    async def _shown(self, do: Callable[[], SpendingDecision]) -> Response:
        return json_response(await run_in_threadpool(lambda: self._view(do())))

    def _view(self, decision: SpendingDecision) -> dict[str, Any]:
        data = decision.to_data()
        del data["callback_url"]  # whoever knows it may wake the workflow
        return {
            **data,
            "ballot": decision.ballot_id,
            "needs_approval": self._carry.is_asked(decision),
            "may_apply": self._carry.may_apply(decision),
            "is_over": self._carry.is_over(decision),
        }


def _decision(request: Request) -> str:
    require_operator(request)
    decision: str = request.path_params["decision"]
    if not _DECISION.fullmatch(decision):
        raise InvalidRequest(FieldProblem("decision", shortened(decision), f"names matching {DECISION}"))
    return decision
