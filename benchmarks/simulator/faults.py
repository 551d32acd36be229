"""What goes wrong in a scenario, as factors for each region at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    `quiet`: nothing of all this is the case.
    """

    down: Flags
    may_start: Flags
    slow: Floats
    failing: Floats
    returning: Floats
    lost: Floats
    quiet: bool = False
    writes_refused: bool = False
    cold_caches: bool = False
    begin: tuple[Fault, ...] = ()
    end: tuple[Fault, ...] = ()

    @classmethod
    def none(cls, regions: int) -> Self:
        """Nothing is wrong."""
        no, yes = np.zeros(regions, np.bool_), np.ones(regions, np.bool_)
        return cls(no, yes, np.ones(regions), np.zeros(regions), np.zeros(regions), np.zeros(regions))


@dataclass(frozen=True)
class _Planned:
    """A fault and the regions that it hits, from its first beat up to its last, in which it is over."""

    fault: Fault
    hit: Flags
    first: int
    last: int


class FaultPlan:
    """The faults of a scenario over its regions."""

    def __init__(self, scenario: Scenario, regions: Sequence[str], beat_s: float) -> None:
        self._stream, self._beat_s = scenario.stream, beat_s
        self._regions = len(regions)
        self._nothing = replace(Troubles.none(self._regions), quiet=True)
        self._faults = [
            _Planned(
                fault,
                np.array([not fault.regions or region in fault.regions for region in regions]),
                first=(first := int(fault.at_min * 60 / beat_s + 1e-6)),
                last=first + max(1, round(fault.for_min * 60 / beat_s)),
            )
            for fault in scenario.faults
        ]

    def at(self, beat: int, streams: Floats) -> Troubles:
        """The troubles of a beat, counted from the start. `streams`: those that are there."""
        near = [one for one in self._faults if one.first <= beat <= one.last]
        if not near:
            return self._nothing
        troubles = Troubles.none(self._regions)
        for one in near:
            if beat == one.first:
                troubles.begin += (one.fault,)
                self._strike(troubles, one)
            if beat == one.last:
                troubles.end += (one.fault,)
            else:
                self._hold(troubles, one, streams)
        return troubles

    @staticmethod
    def _strike(troubles: Troubles, planned: _Planned) -> None:
        """What happens once, as a fault begins."""
        fault, hit = planned.fault, planned.hit
        if fault.kind in {"region_down", "instances_lost"}:
            troubles.lost = np.maximum(troubles.lost, hit * (1.0 if fault.kind == "region_down" else fault.share))
        troubles.cold_caches |= fault.kind == "cold_caches"

    def _hold(self, troubles: Troubles, planned: _Planned, streams: Floats) -> None:
        """What lasts as long as a fault does."""
        fault, hit = planned.fault, planned.hit
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
                troubles.returning += connections / ((planned.last - planned.first) * self._beat_s)
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
