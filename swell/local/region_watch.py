"""Who lives, how loaded each region is, and where traffic therefore goes: `shared/routing`, kept up to date.

Two kinds of word are heard: what the door sees itself (probes, answers), and what regions say as members
(`region_reading` tells which decides what).

The policy counts in minutes. `speed` lets them pass faster here, so that a recovery can be watched.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from shared.coordination.member import Member
from shared.routing.choice import pick
from shared.routing.latency import LatencyTable
from shared.routing.load import RegionLoad
from shared.routing.plan import RoutePlan, plan_routes
from shared.routing.state import Reading
from shared.topology import Topology
from swell.local.load_meter import LoadMeter
from swell.local.region_reading import Heard, reading_of, what_was_heard

MISSED_BEATS: Final = 3
"""So many probes without an answer, and a region is taken for dead; one that refuses connections is at once."""


class RegionWatch:
    """Holds the plan. Safe to use from several threads."""

    def __init__(
        self,
        topology: Topology,
        *,
        speed: float = 1.0,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.table = LatencyTable.of_topology(topology)
        self._topology = topology
        self._speed = speed
        self._monotonic_s = monotonic_s
        self._began, self._began_s = datetime.now(UTC), monotonic_s()
        self._heard: Mapping[str, Heard] = {}
        self._listening_since: datetime | None = None
        self._lock = Lock()
        self._missed = dict.fromkeys(topology.regions, MISSED_BEATS)
        self._near, self._answered = LoadMeter(monotonic_s), LoadMeter(monotonic_s)
        self._plan: RoutePlan | None = None

    @property
    def plan(self) -> RoutePlan:
        """Where traffic goes now."""
        with self._lock:
            return self._plan or self._replan()

    def alive(self, region: str) -> None:
        """A sign of life."""
        self._missed[region] = 0

    def missed(self, region: str) -> None:
        """A probe had no answer in time."""
        self._missed[region] += 1

    def refused(self, region: str) -> None:
        """Nobody listens there; its traffic goes elsewhere from now on."""
        self._missed[region] = MISSED_BEATS
        self.look()

    def heard(self, members: Mapping[str, Member] | None, now: datetime) -> None:
        """What regions say as members; None: the state store does not answer, which is no region's fault."""
        if members is None:
            self._heard = {region: each.excused() for region, each in self._heard.items()}
            self._listening_since = None
            return
        self._listening_since = self._listening_since or now
        self._heard = what_was_heard(members, now, since=self._listening_since)

    def said(self, region: str) -> Heard | None:
        """What a region last said as a member; None: it was not heard yet."""
        return self._heard.get(region)

    def answered(self, origin: str, region: str, duration_s: float, *, failed: bool) -> None:
        """Count a request of clients near `origin` that `region` answered."""
        self._near.add(origin, duration_s, failed=failed)
        self._answered.add(region, duration_s, failed=failed)

    def look(self) -> RoutePlan:
        """Plan anew from what is known now."""
        with self._lock:
            return self._replan()

    def order(self, origin: str, draw: float) -> Iterator[str]:
        """The region that a request goes to, by the weights of the plan, then those to try where that one fails."""
        plan = self.plan
        shares = plan.routes[origin]
        first = pick(shares, draw).region
        by_weight = sorted(shares, key=lambda share: -share.weight)
        near = (origin, *self.table.nearest_to(origin))
        living = [name for name in near if self.lives(name)]
        yield from dict.fromkeys((first, *(share.region for share in by_weight), *living))

    def lives(self, region: str) -> bool:
        """Whether requests can be sent there."""
        return self._missed[region] < MISSED_BEATS

    def load(self, region: str) -> RegionLoad:
        """What was measured; one process stands for one instance."""
        function = self._topology.functions["query"]
        near, answered = self._near.measured(region), self._answered.measured(region)
        return RegionLoad(
            instances_healthy=int(self.lives(region)),
            instances_total=1,
            instances_max=function.instances[self._topology.regions[region].tier].max,
            capacity=float(function.concurrency),
            demand=near.busy,
            p99_ms=answered.p99_ms,
            error_rate=answered.error_rate,
            runs_all=True,
        )

    def requests(self, region: str) -> int:
        """How many it answered in the last seconds."""
        return self._answered.measured(region).requests

    def _replan(self) -> RoutePlan:
        heard = self._heard
        readings: Mapping[str, Reading] = {
            region: reading_of(self.load(region), heard.get(region), answers=self.lives(region))
            for region in self._topology.regions
        }
        now = self._began + timedelta(seconds=(self._monotonic_s() - self._began_s) * self._speed)
        self._plan = plan_routes(self.table, readings, self._plan, now)
        return self._plan
