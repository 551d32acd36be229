"""Where clients may ask instead: the regions that answer reads, in the order in which routing would choose them.

Clients know no load: so the same policy as the front door's (`shared/routing`) says it to them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.coordination.membership import Membership
from shared.http import json_response
from shared.ports.clock import Clock
from shared.routing.choice import choose_region
from shared.routing.latency import LatencyTable
from shared.routing.state import Reading, next_state
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
        nearest = [region for region in self._nearest if region in self._urls and region in members]
        readings = {region: members[region].reading(now) for region in nearest}
        return [
            {
                "region": region,
                "url": self._urls[region],
                "presence": members[region].presence(now).value,
                "is_serving": readings[region].lives,
            }
            for region in _in_order(nearest, readings, now)
        ]


def _in_order(nearest: Sequence[str], readings: Mapping[str, Reading], now: datetime) -> Iterator[str]:
    """As they would be chosen, one after the other; last those that do not live."""
    states = {region: next_state(None, reading, now) for region, reading in readings.items()}
    left = list(nearest)
    while left and (chosen := choose_region(left, readings, states).region) is not None:
        left.remove(chosen)
        yield chosen
    yield from left
