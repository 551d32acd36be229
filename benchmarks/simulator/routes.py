"""Where requests go: the deployed routing plan, from what the simulated regions show."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shared.routing.latency import LatencyTable
from shared.routing.load import RegionLoad
from shared.routing.plan import RoutePlan, plan_routes
from shared.routing.state import Reading
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
        self.matrix = np.eye(len(regions))
        self.apart_ms = np.array([[self._table.between_ms(one, other) for other in regions] for one in regions])

    @property
    def health(self) -> Floats:
        """The score of each region, 0 to 100; 0 for one that is dead."""
        if self._plan is None:
            return np.full(len(self._regions), 100.0)
        states = [self._plan.states[region] for region in self._regions]
        return np.array([0.0 if state.score is None else float(state.score.points) for state in states])

    def look(self, shown: Shown, now: datetime) -> list[str]:
        """Plan anew from what is shown; what changed, in words."""
        before = self._plan
        readings = {region: self._reading(shown, at) for at, region in enumerate(self._regions)}
        self._plan = plan_routes(self._table, readings, before, now)
        matrix = np.zeros_like(self.matrix)
        for region, shares in self._plan.routes.items():
            for share in shares:
                matrix[self._positions[region], self._positions[share.region]] += share.weight
        self.matrix = matrix
        return self._changes(before, self._plan)

    def _reading(self, shown: Shown, at: int) -> Reading:
        if shown.down[at]:
            return Reading(alive=False)
        ready = int(shown.ready[at])
        p99_ms = float(shown.p99_ms[at])
        return Reading(
            alive=True,
            load=RegionLoad(
                instances_healthy=ready,
                instances_total=ready,
                instances_max=int(shown.ceiling[at]),
                capacity=float(shown.capacity[at]),
                demand=float(shown.asked[at]),
                p99_ms=None if np.isnan(p99_ms) else p99_ms,
                error_rate=float(shown.error_share[at]),
            ),
        )

    @staticmethod
    def _changes(before: RoutePlan | None, after: RoutePlan) -> list[str]:
        if before is None:
            return []
        told = []
        for region, state in after.states.items():
            was, status = before.states[region].condition.status, state.condition.status
            if was is not status:
                told.append(f"{region}: {was.value} -> {status.value} ({state.condition.cause.value})")
            spilled, spills = before.states[region].spill.pressure, state.spill.pressure
            if (spilled is None) != (spills is None):
                reason = f"spills {state.spill.share:.0%} ({spills.value})" if spills else "spills no more"
                told.append(f"{region}: {reason}")
        return told
