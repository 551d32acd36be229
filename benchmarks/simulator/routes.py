"""Where requests go: the deployed routing plan, from what the simulated regions show."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shared.routing.latency import LatencyTable
from shared.routing.load import RegionLoad
from shared.routing.plan import RoutePlan, plan_routes
from shared.routing.state import Reading, RegionState
from shared.topology import Topology

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class _Reckoned(LatencyTable):
    """A table that is asked in every beat: each order of regions is sorted once."""

    @cache  # noqa: B019 - one table lives as long as its simulation
    def nearest_to(self, region: str) -> tuple[str, ...]:
        """As the table."""
        return super().nearest_to(region)

    def __hash__(self) -> int:
        return id(self)


class Shown:
    """What each region reported last."""

    def __init__(self, regions: int) -> None:
        self.ready = np.zeros(regions)
        self.ceiling = np.zeros(regions)
        self.capacity = np.zeros(regions)
        self.asked = np.zeros(regions)
        self.p99_ms = np.full(regions, np.nan)
        self.error_share = np.zeros(regions)
        self.down = np.zeros(regions, np.bool_)


class Routes:
    """`matrix[origin, answering]` is the share of an origin's requests that a region answers."""

    def __init__(self, regions: Sequence[str], topology: Topology) -> None:
        self._regions = regions
        self._positions = {region: at for at, region in enumerate(regions)}
        estimated = LatencyTable.of_topology(topology)
        pairs = {(one, other): estimated.between_ms(one, other) for one in regions for other in regions}
        self._table = _Reckoned.of_places(estimated.places, pairs)
        self._plan: RoutePlan | None = None
        self.matrix, self.each_its_own = np.eye(len(regions)), True
        self.health = np.full(len(regions), 100.0)
        """The score of each region, 0 to 100; 0 for one that is dead."""
        self.apart_ms = np.array([[self._table.between_ms(one, other) for other in regions] for one in regions])

    def look(self, shown: Shown, now: datetime) -> list[str]:
        """Plan anew from what is shown; what changed, in words."""
        before, after = self._plan, plan_routes(self._table, self._readings(shown), self._plan, now)
        self._plan = after
        if before is None or before.routes is not after.routes:
            self.matrix = self._matrix(after)
            self.each_its_own = bool((np.diagonal(self.matrix) == 1).all())
        if before is None or before.states == after.states:
            return []
        self.health = np.array([_points(after.states[region]) for region in self._regions])
        return list(self._changes(before, after))

    def _matrix(self, plan: RoutePlan) -> Floats:
        matrix = np.zeros_like(self.matrix)
        for region, shares in plan.routes.items():
            for share in shares:
                matrix[self._positions[region], self._positions[share.region]] += share.weight
        return matrix

    def _readings(self, shown: Shown) -> dict[str, Reading]:
        ready, most = shown.ready.astype(np.int64).tolist(), shown.ceiling.astype(np.int64).tolist()
        capacity, asked = shown.capacity.tolist(), shown.asked.tolist()
        p99_ms = [None if value != value else value for value in shown.p99_ms.tolist()]  # noqa: PLR0124 - not a number
        loads = map(RegionLoad, ready, ready, most, capacity, asked, p99_ms, shown.error_share.tolist())
        rows = zip(self._regions, shown.down.tolist(), loads, asked, strict=True)
        return {name: Reading(not down, None if down else load, sought) for name, down, load, sought in rows}

    @staticmethod
    def _changes(before: RoutePlan, after: RoutePlan) -> Iterator[str]:
        for region, state in after.states.items():
            was, status = before.states[region].condition.status, state.condition.status
            if was is not status:
                yield f"{region}: {was.value} -> {status.value} ({state.condition.cause.value})"
            spilled, spills = before.states[region].spill.pressure, state.spill.pressure
            if (spilled is None) != (spills is None):
                reason = f"spills {state.spill.share:.0%} ({spills.value})" if spills else "spills no more"
                yield f"{region}: {reason}"


def _points(state: RegionState) -> float:
    return 0.0 if state.score is None else float(state.score.points)
