"""What the workflow `prewarm_regions` asks for, over HTTP; every request may be sent again."""

import re
from typing import Any, Final

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.control.requests import Moment
from functions.control.warming import WarmRegion
from functions.control.workflow_errors import cause_of
from shared.auth.operators import require_operator
from shared.crowds.paths import fleet_document
from shared.crowds.prewarms import Prewarms
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.domain.limits import MAX_REVISION
from shared.errors import FieldProblem, InvalidRequest, NotFound, shortened
from shared.http import RequestModel, json_response, read_body
from shared.ports.clock import Clock
from shared.ports.fleet import Fleet
from shared.ports.state import StateStore
from shared.topology import load_topology

PLAN: Final = r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,99}"
_PLAN: Final = re.compile(PLAN)
MAX_INSTANCES: Final = 100_000


class RaiseFloor(RequestModel):
    """`PUT …/floors/{region}`."""

    revision: int = Field(ge=0, le=MAX_REVISION)
    instances: int = Field(ge=0, le=MAX_INSTANCES)
    ends_at: Moment


class LoadCollections(RequestModel):
    """`POST …/load/{region}`."""

    revision: int = Field(ge=0, le=MAX_REVISION)
    collections: int = Field(ge=0, le=1000)


class StepDown(RequestModel):
    """`POST …/step-down`."""

    revision: int = Field(ge=0, le=MAX_REVISION)
    step: int = Field(ge=1, le=100)
    of: int = Field(ge=1, le=100)


class TellFact(RequestModel):
    """`POST …/facts`."""

    revision: int = Field(ge=0, le=MAX_REVISION)
    fact: str = Field(pattern="^(warm|failed|cooled_down)$")
    detail: Any = None


class PrewarmRoutes:
    """Floors, loading, readiness, steps down, and what came of it."""

    def __init__(
        self, *, state: StateStore, prewarms: Prewarms, fleet: Fleet, warm: WarmRegion, timeline: Timeline, clock: Clock
    ) -> None:
        self._state = state
        self._prewarms = prewarms
        self._fleet = fleet
        self._warm = warm
        self._timeline = timeline
        self._clock = clock

    def routes(self) -> list[Route]:
        """As listed for `control` in topology.yaml."""
        base = "/v1/plans/{plan}/prewarm"
        return [
            Route(f"{base}/floors/{{region}}", self.raise_floor, methods=["PUT"]),
            Route(f"{base}/floors/{{region}}", self.remove_floor, methods=["DELETE"]),
            Route(f"{base}/load/{{region}}", self.load, methods=["POST"]),
            Route(f"{base}/readiness/{{region}}", self.readiness, methods=["GET"]),
            Route(f"{base}/step-down", self.step_down, methods=["POST"]),
            Route(f"{base}/facts", self.tell, methods=["POST"]),
        ]

    async def raise_floor(self, request: Request) -> Response:
        """Hold a floor under a region; scaling follows with its next tick."""
        plan, region = _plan(request), _region(request)
        body = await read_body(request, RaiseFloor)
        prewarm = await run_in_threadpool(
            lambda: self._prewarms.raise_floor(
                plan, region, body.instances, revision=body.revision, ends_at=body.ends_at
            )
        )
        return json_response({"plan": plan, "region": region, "floor": prewarm.floor(region, self._clock.now())})

    async def remove_floor(self, request: Request) -> Response:
        """Take a floor back."""
        plan, region = _plan(request), _region(request)
        await run_in_threadpool(self._prewarms.remove_floor, plan, region)
        return Response(status_code=204)

    async def load(self, request: Request) -> Response:
        """Have a region open what it will be asked; answers when it has, or cannot."""
        plan, region = _plan(request), _region(request)
        body = await read_body(request, LoadCollections)
        await run_in_threadpool(self._check_revision, plan, body.revision)
        warmed = await run_in_threadpool(self._warm, region, body.collections, f"{plan}-{body.revision}")
        return json_response({"region": region, **warmed})

    async def readiness(self, request: Request) -> Response:
        """Whether as many instances answer as the region was granted."""
        plan, region = _plan(request), _region(request)
        return json_response(await run_in_threadpool(self._readiness, plan, region))

    async def step_down(self, request: Request) -> Response:
        """Let go of a part of the floors."""
        plan = _plan(request)
        body = await read_body(request, StepDown)
        if body.step > body.of:
            raise InvalidRequest(FieldProblem("step", str(body.step), f"at most `of`, which is {body.of}"))
        prewarm = await run_in_threadpool(
            lambda: self._prewarms.step_down(plan, revision=body.revision, step=body.step, of=body.of)
        )
        return json_response({"plan": plan, "held": 0.0 if prewarm is None else prewarm.held})

    async def tell(self, request: Request) -> Response:
        """Note what came of a prewarm, for people."""
        plan = _plan(request)
        body = await read_body(request, TellFact)
        kind = EntryKind.ALERT if body.fact == "failed" else EntryKind.PREWARM
        detail = f": {cause_of(body.detail)}" if body.detail is not None else ""
        less = await run_in_threadpool(self._less_granted, plan) if body.fact == "warm" else ""
        text = f"prewarm {plan} {_SAYS[body.fact]}{detail}{less}"
        key = f"{plan} {body.revision} {body.fact}"
        await run_in_threadpool(self._timeline.note_once, TimelineEntry(self._clock.now(), kind, key, text))
        return json_response({"plan": plan, "fact": body.fact})

    def _less_granted(self, plan: str) -> str:
        """Where quota or budget left less than the plan asked for."""
        prewarm = self._prewarms.find(plan)
        regions = () if prewarm is None else sorted(prewarm.floors)
        less = [region for region in regions if self._readiness(plan, region)["is_denied"]]
        return f"; less than planned in {', '.join(less)}" if less else ""

    def _check_revision(self, plan: str, revision: int) -> None:
        prewarm = self._prewarms.find(plan)
        if prewarm is not None:
            prewarm.check(revision)

    def _readiness(self, plan: str, region: str) -> dict[str, Any]:
        prewarm = self._prewarms.find(plan)
        floor = 0 if prewarm is None else prewarm.floor(region, self._clock.now())
        size = self._fleet.size(region)
        decided = self._state.get(fleet_document(region))
        denied = decided is not None and decided.data["floor"] >= floor and decided.data["denied"] > 0
        wanted = min(floor, size.min_instances) if denied else floor
        ready = size.min_instances if size.ready is None else size.ready
        return {
            "region": region,
            "is_ready": size.min_instances >= wanted and ready >= wanted,
            "ready": ready,
            "wanted": wanted,
            "floor": floor,
            "is_denied": denied,
        }


_SAYS: Final = {
    "warm": "is warm: every region has the instances that it was granted",
    "failed": "failed, and was taken back",
    "cooled_down": "is over, its floors are given back",
}


def _plan(request: Request) -> str:
    require_operator(request)
    plan: str = request.path_params["plan"]
    if not _PLAN.fullmatch(plan):
        raise InvalidRequest(FieldProblem("plan", shortened(plan), f"names matching {PLAN}"))
    return plan


def _region(request: Request) -> str:
    region: str = request.path_params["region"]
    if region not in load_topology().regions:
        raise NotFound(f"region {region!r} is not in topology.yaml")
    return region
