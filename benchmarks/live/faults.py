"""Which faults of a scenario one machine plays, and when; and which it does not, each by name with the reason."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.live.sessions import Break
from benchmarks.scenarios.course import Course
from benchmarks.scenarios.model import Fault, Scenario
from benchmarks.simulator.faults import told
from shared.adapters.embedded.database import BUSY_TIMEOUT_S
from shared.topology import Topology
from swell.local.region_choice import first_regions

_MOST_LOST: Final = 3
"""Regions that are lost, beside home: each is a process, and a machine of two cores has enough to do with them."""
_LOSING: Final = frozenset({"region_down", "instances_lost"})
_LEAST_OF_ONE: Final = 0.5
_NEVER: Final[Mapping[str, str]] = {
    "no_new_instances": "no instance is started on one machine",
    "slow_dependency": "nothing stands between the server and its files that could be slow",
    "failing_dependency": "nothing stands between the server and its files that could fail now and then",
    "cold_caches": "the server of a live run keeps no answers",
}
_STEPS: Final = 200


@dataclass(frozen=True)
class LiveFault:
    """A fault that is played from `at_s` to `ends_s` of the run, in words; `regions` are those of this machine."""

    fault: Fault
    at_s: float
    ends_s: float
    text: str
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class FaultPlan:
    """What is played, and why the rest is not, by kind. `callers`: their shares by region, where several are shown."""

    played: tuple[LiveFault, ...] = ()
    left_out: tuple[str, ...] = ()
    callers: Mapping[str, float] | None = None

    @property
    def breaks(self) -> tuple[Break, ...]:
        """Of connections."""
        cuts = (one for one in self.played if one.fault.kind == "disconnect")
        return tuple(Break(one.at_s, one.ends_s - one.at_s, one.fault.share) for one in cuts)

    @property
    def with_redis(self) -> bool:
        """Whether the server is to have one."""
        return any(one.fault.kind == "redis_away" for one in self.played)

    @property
    def span_s(self) -> tuple[float, float] | None:
        """From the beginning of the first to the end of the last."""
        if not self.played:
            return None
        return min(one.at_s for one in self.played), max(one.ends_s for one in self.played)


def fault_plan(scenario: Scenario, topology: Topology, *, seconds: float) -> FaultPlan:
    """Times pass as fast as the scenario's course.

    Raises:
        BadScenario: a fault names a region that the topology does not have.
    """
    Course.of(scenario, topology)
    stand_ins = _stand_ins(scenario, topology)
    faster = seconds / scenario.duration_min
    played: list[LiveFault] = []
    left_out: dict[str, str] = {}
    for fault in scenario.faults:
        if (why := _why_not(fault, scenario, stand_ins)) is not None:
            left_out[fault.kind] = why
            continue
        regions = tuple(stand_ins[name] for name in fault.regions) if fault.kind in _LOSING else ()
        text = told(fault) + _here(fault, regions)
        ends_s = min(seconds, (fault.at_min + fault.for_min) * faster)
        played.append(LiveFault(fault, fault.at_min * faster, ends_s, text, regions))
    losing = any(one.regions for one in played)
    return FaultPlan(
        tuple(played),
        tuple(f"{kind}: {why}" for kind, why in left_out.items()),
        _callers(scenario, topology, stand_ins) if losing else None,
    )


def _here(fault: Fault, regions: tuple[str, ...]) -> str:
    """What is done here in place of what the scenario says."""
    if regions and regions != fault.regions:
        return f", here {', '.join(regions)}"
    if fault.kind == "writes_refused":
        return f", here held up: they wait {BUSY_TIMEOUT_S:g} s at most, then fail"
    return ""


def _stand_ins(scenario: Scenario, topology: Topology) -> dict[str, str]:
    """For each region that is lost the one of this machine: itself where it is shown, else another that is."""
    named = dict.fromkeys(name for fault in scenario.faults if fault.kind in _LOSING for name in fault.regions)
    home = topology.home_region
    others = [name for name in named if name != home][:_MOST_LOST]
    shown = first_regions(topology, 1 + max(1, len(others)))
    found = {name: name for name in named if name in shown}
    free = [name for name in shown if name != home and name not in found]
    return found | dict(zip([name for name in others if name not in found], free, strict=False))


def _why_not(fault: Fault, scenario: Scenario, stand_ins: Mapping[str, str]) -> str | None:
    match fault.kind:
        case "disconnect" if scenario.sessions is None:
            return "without sessions nobody holds a connection"
        case "redis_away" if shutil.which("redis-server") is None:
            return "there is no redis-server on this machine"
        case "writes_refused" if not scenario.mix.write + scenario.mix.delete:
            return "nothing is written"
        case "region_down" | "instances_lost":
            return _why_not_lost(fault, scenario, stand_ins)
    return _NEVER.get(fault.kind)


def _why_not_lost(fault: Fault, scenario: Scenario, stand_ins: Mapping[str, str]) -> str | None:
    if not fault.regions:
        return "it names no region, and without any nothing answers"
    if not set(fault.regions) <= set(stand_ins):
        return f"one machine shows {_MOST_LOST} regions beside home"
    if "http2" in scenario.protocols:
        return "HTTP/2 is answered by one process here"
    if fault.kind == "instances_lost" and fault.share < _LEAST_OF_ONE:
        return "each region has one process here"
    return None


def _callers(scenario: Scenario, topology: Topology, stand_ins: Mapping[str, str]) -> dict[str, float]:
    """As many callers are nearest to a region that is lost as in the scenario; all others are to home."""
    course = Course.of(scenario, topology)
    streams = course.streams(np.linspace(0, scenario.duration_min, _STEPS)).sum(axis=0)
    of = dict(zip(course.regions, (streams / streams.sum()).tolist(), strict=True))
    found = {here: of[name] for name, here in stand_ins.items() if here != topology.home_region}
    return {topology.home_region: 1 - sum(found.values()), **found}
