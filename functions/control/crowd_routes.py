"""Forecasts, the plan and the timeline over HTTP: what the functions have decided, to look at."""

from datetime import datetime, timedelta
from typing import Any, Final, Self

from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.control.announcements import disagreements_of
from functions.control.requests import Moment
from functions.control.views import plan_view
from shared.auth.operators import require_operator
from shared.crowds.calendar_store import CalendarStore
from shared.crowds.paths import PLAN_JOBS, forecast_document, forecast_score_document
from shared.crowds.plan_store import load_plan
from shared.crowds.timeline import Timeline
from shared.errors import NotFound
from shared.http import RequestModel, json_response, read_parameters
from shared.ports.clock import Clock
from shared.ports.state import StateStore
from shared.topology import load_topology

_ANNOUNCED: Final = timedelta(days=30)
"""How far ahead announcements are held against what was learned: as far as the calendar is listed."""


class Since(RequestModel):
    """`?since=&limit=` or `?minutes=&limit=`: by default the last day."""

    since: Moment | None = None
    minutes: int | None = Field(default=None, ge=1, le=50_400)
    limit: int = Field(default=500, ge=1, le=5000)

    @model_validator(mode="after")
    def _has_one_begin(self) -> Self:
        if self.since is not None and self.minutes is not None:
            raise ValueError(f"minutes: got {self.minutes}, allowed: nothing where `since` is given")
        return self


class CrowdRoutes:
    """Reads what burst prediction and scaling keep in the state store."""

    def __init__(self, state: StateStore, timeline: Timeline, clock: Clock) -> None:
        self._state = state
        self._timeline = timeline
        self._clock = clock

    def routes(self) -> list[Route]:
        """As listed for `control` in topology.yaml."""
        return [
            Route("/v1/forecasts", self.list_forecasts, methods=["GET"]),
            Route("/v1/forecasts/{region}", self.forecast, methods=["GET"]),
            Route("/v1/plan", self.plan, methods=["GET"]),
            Route("/v1/timeline", self.timeline, methods=["GET"]),
        ]

    async def list_forecasts(self, request: Request) -> Response:
        """How good the forecast of each region is, and what it expects at most."""
        require_operator(request)
        regions = list(load_topology().regions)
        paths = [*map(forecast_document, regions), *map(forecast_score_document, regions)]
        documents = await run_in_threadpool(self._state.get_many, paths)
        pairs = zip(regions, documents[: len(regions)], documents[len(regions) :], strict=True)
        found = [_brief(region, made.data, scores) for region, made, scores in pairs if made is not None]
        return json_response({"forecasts": found, "disagreements": await run_in_threadpool(self._disagreements)})

    def _disagreements(self) -> list[dict[str, Any]]:
        """Of events of the next days, each once, however often it is on."""
        now = self._clock.now()
        ahead = CalendarStore(self._state).occurrences(now, now + _ANNOUNCED)
        return disagreements_of(self._state, list({one.event.event_id: one.event for one in ahead}.values()))

    async def forecast(self, request: Request) -> Response:
        """One region's forecast, step by step, and its scores."""
        require_operator(request)
        region = request.path_params["region"]
        if region not in load_topology().regions:
            raise NotFound(f"region {region!r} is not in topology.yaml")
        made, scores = await run_in_threadpool(
            self._state.get_many, [forecast_document(region), forecast_score_document(region)]
        )
        if made is None:
            raise NotFound(f"no load of region {region!r} is known yet, so there is no forecast")
        return json_response({**made.data, "scores": None if scores is None else scores.data["scores"]})

    async def plan(self, request: Request) -> Response:
        """The plan that holds."""
        require_operator(request)
        plan = await run_in_threadpool(load_plan, self._state)
        if plan is None:
            raise NotFound("there is no scaling plan yet: the first one is made by the next forecast")
        made = await run_in_threadpool(self._state.get, PLAN_JOBS)
        jobs = [] if made is None else made.data["jobs"]
        now = self._clock.now()
        ahead = [job for job in jobs if datetime.fromisoformat(job["at"]) > now]
        return json_response({**plan_view(plan), "jobs": ahead})

    async def timeline(self, request: Request) -> Response:
        """What was decided and done, oldest first."""
        require_operator(request)
        asked = read_parameters(request, Since)
        since = asked.since or self._clock.now() - timedelta(minutes=asked.minutes or 1440)
        entries = await run_in_threadpool(self._timeline.since, since, limit=asked.limit)
        return json_response(
            {
                "entries": [
                    {
                        "at": entry.at.isoformat(),
                        "kind": entry.kind.value,
                        "text": entry.text,
                        "fields": dict(entry.fields),
                    }
                    for entry in entries
                ]
            }
        )


def _brief(region: str, made: Any, scores: Any) -> dict[str, Any]:
    rates = made["requests_per_min"]
    return {
        "region": region,
        "made_at": made["made_at"],
        "method": made["method"],
        "reason": made["reason"],
        "alarm": made["alarm"],
        "now_per_min": rates["p50"][0],
        "most_per_min": {name: max(values) for name, values in rates.items()},
        "scores": None if scores is None else scores.data["scores"],
    }
