"""What goes wrong in a scenario, as factors for each region at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.model import Fault, Scenario

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


NOT_SIMULATED: Final = frozenset({"redis_away"})
"""The model has no Redis: each instance keeps its own answers and counts its own callers."""


@dataclass
class Troubles:
    """Of each region: whether it is down or may start instances, how slow it is, what share fails, who returns.

    `lost` is the share of instances that goes at this very moment; `begin` are the faults that begin, `end` that end.
    """

    down: Flags
    may_start: Flags
    slow: Floats
    failing: Floats
    returning: Floats
    lost: Floats
    writes_refused: bool = False
    cold_caches: bool = False
    begin: tuple[Fault, ...] = ()
    end: tuple[Fault, ...] = ()

    @classmethod
    def none(cls, regions: int) -> Self:
        """Nothing is wrong."""
        no, yes = np.zeros(regions, np.bool_), np.ones(regions, np.bool_)
        return cls(no, yes, np.ones(regions), np.zeros(regions), np.zeros(regions), np.zeros(regions))


class FaultPlan:
    """The faults of a scenario over its regions."""

    def __init__(self, scenario: Scenario, regions: Sequence[str]) -> None:
        self._stream = scenario.stream
        self._regions = len(regions)
        self._nothing = Troubles.none(self._regions)
        self._faults = [
            (fault, np.array([not fault.regions or region in fault.regions for region in regions]))
            for fault in scenario.faults
        ]

    def at(self, minute: float, beat_min: float, streams: Floats) -> Troubles:
        """The troubles of the beat that begins at a minute. `streams`: those that are there."""
        near = [(one, hit) for one, hit in self._faults if one.at_min - beat_min < minute <= one.at_min + one.for_min]
        if not near:
            return self._nothing
        troubles = Troubles.none(self._regions)
        for fault, hit in near:
            ends = fault.at_min + fault.for_min
            if fault.at_min - beat_min < minute <= fault.at_min:
                troubles.begin += (fault,)
                self._strike(troubles, fault, hit)
            if ends - beat_min < minute <= ends:
                troubles.end += (fault,)
            if fault.at_min <= minute < ends:
                self._hold(troubles, fault, hit, streams)
        return troubles

    @staticmethod
    def _strike(troubles: Troubles, fault: Fault, hit: Flags) -> None:
        """What happens once, as a fault begins."""
        if fault.kind in {"region_down", "instances_lost"}:
            troubles.lost = np.maximum(troubles.lost, hit * (1.0 if fault.kind == "region_down" else fault.share))
        troubles.cold_caches |= fault.kind == "cold_caches"

    def _hold(self, troubles: Troubles, fault: Fault, hit: Flags, streams: Floats) -> None:
        """What lasts as long as a fault does."""
        match fault.kind:
            case "region_down":
                troubles.down |= hit
                troubles.may_start &= ~hit
            case "no_new_instances":
                troubles.may_start &= ~hit
            case "slow_dependency":
                troubles.slow = np.where(hit, troubles.slow * fault.factor, troubles.slow)
            case "failing_dependency":
                troubles.failing = np.where(hit, np.maximum(troubles.failing, fault.share), troubles.failing)
            case "writes_refused":
                troubles.writes_refused = True
            case "disconnect":
                connections = hit * streams * fault.share / self._stream.per_connection
                troubles.returning += connections / (fault.for_min * 60)
            case _:
                pass


def told(fault: Fault) -> str:
    """A fault in words."""
    where = ", ".join(fault.regions) or "everywhere"
    extent = {
        "slow_dependency": f", times {fault.factor:g}",
        "failing_dependency": f", {fault.share:.0%} of requests",
        "instances_lost": f", {fault.share:.0%} of instances",
        "disconnect": f", {fault.share:.0%} of streams back within {fault.for_min * 60:g} s",
    }.get(fault.kind, "")
    return f"{fault.kind.replace('_', ' ')} ({where}{extent})"
