"""A scaling plan: how many instances each region must have asked for, and from when."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter


class PlanReason(StrEnum):
    """What a step of a plan is for."""

    NOTHING_EXPECTED = "nothing_expected"
    FORECAST = "forecast"
    EVENT = "event"
    PRIOR = "prior"
    """What an event is expected to draw by its audience or its kind: no load of such events is known yet."""
    RAMP_AHEAD = "ramp_ahead"
    RAMP_TOO_SLOW = "ramp_too_slow"
    STEP_DOWN = "step_down"
    QUOTA_REACHED = "quota_reached"


@dataclass(frozen=True)
class PlanStep:
    """From `starts_at` until the next step a region keeps at least `instances` asked for."""

    starts_at: datetime
    instances: int
    reason: PlanReason


_starts_at = attrgetter("starts_at")


def step_in(steps: Sequence[PlanStep], moment: datetime) -> PlanStep | None:
    """The step that holds at a moment; None before the first."""
    position = bisect_right(steps, moment, key=_starts_at)
    return steps[position - 1] if position else None


@dataclass(frozen=True)
class ScalingPlan:
    """Steps by region, earliest first, until a moment; `revision` rises with every change of the steps."""

    revision: int
    made_at: datetime
    until: datetime
    steps: Mapping[str, tuple[PlanStep, ...]]

    def step_at(self, region: str, now: datetime) -> PlanStep | None:
        """The step that holds; None before the first, after the end, and for a region without steps."""
        return step_in(self.steps.get(region, ()), now) if now < self.until else None

    def floor_at(self, region: str, now: datetime) -> int:
        """The least number of instances to ask for; 0 where the plan says nothing."""
        step = self.step_at(region, now)
        return 0 if step is None else step.instances

    def most_until(self, region: str, now: datetime, end: datetime) -> int:
        """The highest floor that a region has from now on before a moment."""
        ahead = [step.instances for step in self.steps.get(region, ()) if now < step.starts_at < min(end, self.until)]
        return max([self.floor_at(region, now), *ahead])
