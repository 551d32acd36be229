"""Where the traffic of every region goes: one plan for all, made anew at each look, from the one before.

1. A region keeps what its condition allows (`condition`), less what it spills (`spill`).
2. What has to move goes to the nearest serving regions that have more than 20 % free of the instances that run there,
   and do not spill themselves; each region's room is given away once. So at first it is spread over many regions, and
   as near ones start instances they are given more.
   Failed-over regions come first: their clients have nowhere else to go, and those for whom what runs is not enough go
   wherever more instances may be started, to all by how many: the queue is shorter everywhere than it were nearby.
3. No room left: traffic of a live region stays where it is; that of a dead one goes over all serving regions by
   capacity, else over all live ones. Nothing goes to a dead region while one lives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.routing.allotment import Room
from shared.routing.condition import SOUND_FROM, Status
from shared.routing.latency import LatencyTable
from shared.routing.spill import ROOM_UP_TO
from shared.routing.state import Reading, RegionState, next_state

SPILL_TARGETS: Final = 4
DISASTER_BELOW: Final = 50
DISASTER_REGIONS: Final = 3
_NEEDS_OTHERS: Final = {Status.FAILED_OVER, Status.RECOVERING}
"""Those whose clients must not stay at home, if anybody else can take them."""
_NOTHING: Final = 1e-9
"""Weights and demands below this are rounding."""


class Why(StrEnum):
    """Why a part of a region's traffic goes where it goes."""

    OWN_REGION = "own_region"
    SPILLED = "spilled"
    DEGRADED = "degraded"
    FAILED_OVER = "failed_over"
    RECOVERING = "recovering"
    NO_ROOM_ELSEWHERE = "no_room_elsewhere"
    OVER_CAPACITY = "over_capacity"
    NO_LIVE_REGION = "no_live_region"


_WHY_MOVED: Final = {
    Status.SERVING: Why.SPILLED,
    Status.DEGRADED: Why.DEGRADED,
    Status.FAILED_OVER: Why.FAILED_OVER,
    Status.RECOVERING: Why.RECOVERING,
}


@dataclass(frozen=True)
class Share:
    """A part of the traffic, 0 to 1."""

    region: str
    weight: float
    why: Why


@dataclass(frozen=True)
class RoutePlan:
    """For each region its shares, its own first, which add up to 1; and the states to make the next plan from.

    `disaster`: page people, defer what can wait. From three regions below 50 or dead (RUVECTOR §1.4, DR mode)
    until fewer than three are below 75. `demands`: what the clients of each region ask, as it was last known.
    """

    at: datetime
    routes: Mapping[str, tuple[Share, ...]]
    states: Mapping[str, RegionState]
    disaster: bool
    demands: Mapping[str, float] = field(default_factory=dict)


def plan_routes(
    table: LatencyTable, readings: Mapping[str, Reading], previous: RoutePlan | None, now: datetime
) -> RoutePlan:
    """The next plan. The same readings again give the same routes, but for what time itself changes."""
    before = previous.states if previous else {}
    states = {name: next_state(before.get(name), readings[name], now) for name in sorted(readings)}
    demands = {name: _demand(name, readings, previous) for name in states}
    if previous is not None and states == previous.states and all(state.is_settled for state in states.values()):
        routes = previous.routes
    else:
        kept = {name: state.keeps(now) for name, state in states.items()}
        planner = _Planner(table, readings, states, kept, demands)
        routes = {name: planner.shares_of(name) for name in planner.most_urgent_first()}
    threshold = SOUND_FROM if previous is not None and previous.disaster else DISASTER_BELOW
    low = sum(state.is_below(threshold) for state in states.values())
    return RoutePlan(now, routes, states, low >= DISASTER_REGIONS, demands)


def _demand(region: str, readings: Mapping[str, Reading], previous: RoutePlan | None) -> float:
    """A region that says nothing is still asked what it was asked: its clients do not go with it."""
    known = readings[region].demand
    if known is None and previous is not None:
        known = previous.demands.get(region)
    return max(known or 0.0, _NOTHING)


class _Planner:
    """Gives away the room of one look."""

    def __init__(
        self,
        table: LatencyTable,
        readings: Mapping[str, Reading],
        states: Mapping[str, RegionState],
        kept: Mapping[str, float],
        demands: Mapping[str, float],
    ) -> None:
        self._table = table
        self._readings = readings
        self._kept = kept
        self._demands = demands
        self._states = states
        self._serving = [name for name, state in states.items() if state.condition.status is Status.SERVING]
        self._takers = {name for name in self._serving if states[name].spill.pressure is None}
        self._at_once = Room({name: self._free(name, self._at_once_of(name)) for name in self._takers})
        self._in_time = Room({name: self._free(name, self._capacity(name)) for name in self._takers})

    def most_urgent_first(self) -> list[str]:
        """Those that keep nothing, then those that are ill, then those that are merely full."""
        serving = set(self._serving)
        return sorted(self._states, key=lambda name: (self._kept[name] > 0, name in serving, name))

    def shares_of(self, region: str) -> tuple[Share, ...]:
        """Where one region's traffic goes."""
        kept = self._kept[region]
        own = [Share(region, kept, Why.OWN_REGION)] if kept > 0 else []
        moved = self._moved(region, 1.0 - kept) if kept < 1 else []
        left = 1.0 - kept - sum(share.weight for share in moved)
        if left > _NOTHING:
            moved += self._without_room(region, left)
        return (*own, *moved)

    def _moved(self, region: str, weight: float) -> list[Share]:
        if not self._takers:
            return []
        demand = self._demands[region]
        near = [name for name in self._table.nearest_to(region) if name in self._takers]
        why = _WHY_MOVED[self._states[region].condition.status]
        returns = self._states[region].condition.status in _NEEDS_OTHERS
        taken = self._taken(weight * demand, near if returns else near[:SPILL_TARGETS], may_start=returns)
        return [Share(target, amount / demand, why) for target, amount in taken.items()]

    def _taken(self, amount: float, near: list[str], *, may_start: bool) -> dict[str, float]:
        """What runs comes first, the nearest first; then, for those who have no place at home, what may start."""
        taken = self._at_once.take(amount, near)
        for target, part in taken.items():
            self._in_time.give(target, part)
        left = amount - sum(taken.values())
        if may_start and left > _NOTHING:
            for target, part in self._in_time.spread(left, near).items():
                taken[target] = taken.get(target, 0.0) + part
        return taken

    def _without_room(self, region: str, weight: float) -> list[Share]:
        lives = self._readings[region].lives
        if lives and self._kept[region] > 0:
            return [Share(region, weight, Why.NO_ROOM_ELSEWHERE)]
        living = [name for name, reading in self._readings.items() if reading.lives and name != region]
        for candidates in (self._serving, living):
            if candidates:
                return self._by_capacity(candidates, weight)
        return [Share(region, weight, Why.NO_ROOM_ELSEWHERE if lives else Why.NO_LIVE_REGION)]

    def _by_capacity(self, regions: list[str], weight: float) -> list[Share]:
        capacities = {name: max(self._capacity(name), _NOTHING) for name in regions}
        total = sum(capacities.values())
        return [Share(name, weight * part / total, Why.OVER_CAPACITY) for name, part in capacities.items()]

    def _free(self, region: str, capacity: float) -> float:
        return ROOM_UP_TO * capacity - self._demands[region]

    def _at_once_of(self, region: str) -> float:
        load = self._readings[region].load
        return load.at_once if load is not None else 0.0

    def _capacity(self, region: str) -> float:
        load = self._readings[region].load
        return load.capacity if load is not None else 0.0
