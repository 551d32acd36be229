"""Where a simulated region had too little: what failed in it step by step, what it had and what it needed."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.model import Fault
from benchmarks.simulator.fleet import CPU_TARGET
from benchmarks.simulator.simulation import Simulated

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FULL: Final = 0.98
_FAILS: Final = 0.01
_WORKS: Final = 0.02
"""An instance that is less busy does not show what it can do."""


class Finding(NamedTuple):
    """Requests that it cost, what to do about it, and the region that it is about, if it is about one."""

    requests: float
    text: str
    region: str = ""


@dataclass(frozen=True)
class Shortage:
    """What a region showed; `short` are the steps in which it lived and failed more than a hundredth.

    `needed`: instances for what was offered, all of them busy. `failed` is without what a dependency failed.
    """

    at: int
    region: str
    failed: Floats
    ready: Floats
    ceiling: Floats
    needed: Floats
    short: Flags
    quota: float

    @classmethod
    def of(cls, simulated: Simulated, at: int) -> "Shortage":
        """Of one region."""
        recorder = simulated.recorder
        failed = recorder.errors[:, at].sum(axis=1) - recorder.dependency_failed[:, at]
        offered, ready, ceiling = (
            recorder.offered[:, at],
            recorder.state["ready"][:, at],
            recorder.state["ceiling"][:, at],
        )
        lives = (recorder.state["health"][:, at] > 0) & ~down(simulated, at)
        return cls(
            at,
            simulated.regions[at],
            failed,
            ready,
            ceiling,
            _needed(simulated, at),
            lives & (failed > _FAILS * np.maximum(offered, 1.0)),
            float(simulated.quotas[at]),
        )

    @property
    def is_full(self) -> Flags:
        """Where all instances were there that it might have, or all but one of several."""
        all_but_one = np.where(self.ceiling > 1, self.ceiling - 1, self.ceiling)
        return self.short & (self.ready >= np.minimum(FULL * self.ceiling, all_but_one))

    def worst(self, steps: Flags) -> int:
        """The step of them in which most instances were missing."""
        return int(np.argmax(np.where(steps, self.needed - self.ready, -np.inf)))


def at_target(instances: float) -> float:
    """Instances that do the work of so many busy ones, as busy as Cloud Run has them."""
    return rounded(instances / CPU_TARGET)


def down(simulated: Simulated, at: int) -> Flags:
    """The steps in which a fault has the region down."""
    steps = np.zeros(simulated.recorder.steps, np.bool_)
    for fault in simulated.scenario.faults:
        if fault.kind == "region_down" and hits(fault, simulated.regions[at]):
            steps |= during(simulated, fault)
    return steps


def hits(fault: Fault, region: str) -> bool:
    """Whether it is a fault of this region."""
    return not fault.regions or region in fault.regions


def during(simulated: Simulated, fault: Fault, and_min: float = 0.0) -> Flags:
    """The steps in which a fault lasts, and so many minutes more."""
    step_min = step_s(simulated) / 60
    starts = np.arange(simulated.recorder.steps) * step_min
    found: Flags = (starts + step_min > fault.at_min) & (starts < fault.at_min + fault.for_min + and_min)
    return found


def step_s(simulated: Simulated) -> float:
    """Seconds of a step."""
    return simulated.recorder.per_step * simulated.recorder.beat_s


def minute(simulated: Simulated, step: int) -> str:
    """The minute in which a step begins."""
    return f"{step * step_s(simulated) / 60:.0f}"


def span(simulated: Simulated, steps: Flags) -> str:
    """From the first of some steps to the last: `from minute 3 to 9`."""
    found = np.flatnonzero(steps)
    return f"from minute {minute(simulated, int(found[0]))} to {np.ceil((found[-1] + 1) * step_s(simulated) / 60):.0f}"


def rounded(instances: float) -> float:
    """Up, to two digits."""
    digits = max(0, len(str(int(instances))) - 2)
    return float(np.ceil(instances / 10**digits) * 10**digits)


def _needed(simulated: Simulated, at: int) -> Floats:
    """What was offered over what a busy instance answered then; where none was, over the most that one did."""
    recorder = simulated.recorder
    seconds = recorder.beats * recorder.beat_s
    offered, served = recorder.offered[:, at] / seconds, recorder.served[:, at].sum(axis=1) / seconds
    working = recorder.state["ready"][:, at] * recorder.busy[:, at] / recorder.beats
    each = np.where(working > _WORKS, served / np.maximum(working, 1e-9), 0.0)
    usual = float(np.median(each[each > 0])) if (each > 0).any() else 1.0
    needed: Floats = offered / np.where(each > 0, each, usual)
    return needed
