"""Members over HTTP."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.coordination.operators import name_in_path
from functions.coordination.requests import DrainRegion
from functions.coordination.views import member_view
from shared.auth.operators import require_operator
from shared.coordination.membership import Membership
from shared.coordination.recovery_point import versions_behind
from shared.errors import NotFound
from shared.http import json_response, read_body
from shared.ports.clock import Clock
from shared.ports.state import StateStore
from shared.topology import Topology


class RegionRoutes:
    """Who is there, how each does, and what the others would lack if it were gone."""

    def __init__(self, state: StateStore, clock: Clock, membership: Membership, topology: Topology) -> None:
        self._state = state
        self._clock = clock
        self._membership = membership
        self._topology = topology

    def routes(self) -> list[Route]:
        """As listed for `coordination` in topology.yaml."""
        one = "/v1/regions/{region}"
        return [
            Route("/v1/regions", self.all, methods=["GET"]),
            Route(one, self.show, methods=["GET"]),
            Route(f"{one}/drain", self.drain, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """Everyone who was ever heard."""
        require_operator(request)
        members = await run_in_threadpool(self._membership.all)
        now = self._clock.now()
        return json_response({"regions": [member_view(member, now) for member in members]})

    async def show(self, request: Request) -> Response:
        """One region, and how far the others are behind what it has committed."""
        return json_response(await run_in_threadpool(self._show, name_in_path(request, "region")))

    async def drain(self, request: Request) -> Response:
        """Send a region no more traffic, or send it some again."""
        region, body = name_in_path(request, "region"), await read_body(request, DrainRegion)
        known = await run_in_threadpool(lambda: self._membership.drain(region, is_draining=body.is_draining))
        if not known:
            raise NotFound(f"region {region!r} was never heard")
        return json_response(await run_in_threadpool(self._show, region))

    def _show(self, region: str) -> dict[str, Any]:
        member = self._membership.get(region)
        if member is None:
            raise NotFound(f"region {region!r} was never heard")
        others = [other.region for other in self._membership.all()]
        behind = versions_behind(self._state, region, others, self._topology.home_region)
        return {**member_view(member, self._clock.now()), "versions_others_lack": behind}
