"""Where clients may ask instead: the regions that answer reads, nearest first, and how they are."""

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.coordination.membership import Membership
from shared.http import json_response
from shared.ports.clock import Clock
from shared.routing.latency import LatencyTable
from shared.topology import Topology


class EndpointRoutes:
    """`/v1/endpoints`. `urls` by region: where its reads are answered, as the deployment says."""

    def __init__(
        self, membership: Membership, clock: Clock, topology: Topology, urls: Mapping[str, str], region: str
    ) -> None:
        self._membership = membership
        self._clock = clock
        self._urls = urls
        self._nearest = [
            region,
            *(near for near in LatencyTable.of_topology(topology).nearest_to(region) if near != region),
        ]

    def routes(self) -> list[Route]:
        """As listed for `coordination` in topology.yaml."""
        return [Route("/v1/endpoints", self.all, methods=["GET"])]

    async def all(self, _: Request) -> Response:
        """For every key that may read: names, addresses and health, and nothing of what is stored."""
        return json_response({"endpoints": await run_in_threadpool(self._endpoints)})

    def _endpoints(self) -> list[dict[str, Any]]:
        now = self._clock.now()
        members = {member.region: member for member in self._membership.all()}
        known = [region for region in self._nearest if region in self._urls and region in members]
        return [
            {
                "region": region,
                "url": self._urls[region],
                "presence": members[region].presence(now).value,
                "is_serving": members[region].reading(now).lives,
            }
            for region in known
        ]
