"""Plans that are worth an entry in the timeline of a rehearsal, and what is told of them.

The deployed function makes a plan every five minutes, and most differ by little. The first one is told, and then each
whose most instances ahead, of all regions together, are a quarter and ten more or fewer than what was told last holds
for the same time: a quarter is what lies between two rungs of a floor.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from functions.burst_prediction.event_basis import Phase, phases
from functions.burst_prediction.forecasting import RegionOutlook
from functions.burst_prediction.load_history import minutes_since_epoch
from functions.burst_prediction.plan import BLOCK_MIN, RUNG_RATIO, PlanPolicy
from shared.domain.scaling_plan import PlanReason, ScalingPlan

Floats = NDArray[np.float64]
Outlooks = Mapping[str, RegionOutlook]

AHEAD: Final = timedelta(hours=4)
"""So far ahead plans of a simulation look."""
_AT_LEAST: Final = timedelta(hours=1)
_FEW: Final = 10
_NAMED: Final = 3
_BECAUSE: Final = {
    PlanReason.NOTHING_EXPECTED: "nothing is expected",
    PlanReason.FORECAST: "for the forecast",
    PlanReason.EVENT: "for an event",
    PlanReason.PRIOR: "for what an event is expected to draw: no load of such events is known",
    PlanReason.RAMP_AHEAD: "ahead of a rise, as instances take their time to start",
    PlanReason.RAMP_TOO_SLOW: "ahead of a rise that is steeper than instances can start",
    PlanReason.STEP_DOWN: "stepping down after a peak",
    PlanReason.QUOTA_REACHED: "as many as its quota allows",
}


@dataclass(frozen=True)
class Floors:
    """The steps of a plan as numbers: when each begins, in seconds, and its instances."""

    plan: ScalingPlan
    steps: Mapping[str, tuple[Floats, Floats]]

    @classmethod
    def of(cls, plan: ScalingPlan) -> "Floors":
        """Of every region that has steps."""
        return cls(
            plan,
            {
                region: (
                    np.array([step.starts_at.timestamp() for step in steps]),
                    np.array([0, *(step.instances for step in steps)], np.float64),
                )
                for region, steps in plan.steps.items()
            },
        )

    def total(self, moments: Floats) -> Floats:
        """Instances of all regions together at moments in seconds."""
        found = np.zeros(len(moments))
        for starts, instances in self.steps.values():
            found += instances[np.searchsorted(starts, moments, side="right")]
        return found


class PlanTelling:
    """Says what is to be told of each plan; `begins` is when the scenario does."""

    def __init__(self, begins: datetime, policy: PlanPolicy) -> None:
        self._begins, self._policy = begins, policy
        self._last: Floors | None = None
        self._told: tuple[Floors, datetime] | None = None

    def look(self, plan: ScalingPlan, outlooks: Outlooks, now: datetime) -> str | None:
        """What is to be told of the plan that holds now; None where it is what was told."""
        if self._last is not None and self._last.plan.revision == plan.revision and self._told is not None:
            return None
        floors = self._last = Floors.of(plan)
        if self._told is None:
            self._told = floors, now
            return self._text(floors, outlooks, now, "")
        told, told_at = self._told
        moments = _blocks(now, max(told_at + AHEAD - now, _AT_LEAST))
        most, before = floors.total(moments).max(), told.total(moments).max()
        if max(most, before) < min(most, before) * RUNG_RATIO or abs(most - before) <= _FEW:
            return None
        self._told = floors, now
        return self._text(floors, outlooks, now, f"; plan {told.plan.revision} held up to {before:,.0f} for this time")

    def _text(self, floors: Floors, outlooks: Outlooks, now: datetime, beside: str) -> str:
        plan, moments = floors.plan, _blocks(now, AHEAD)
        totals = floors.total(moments)
        most = float(totals.max(initial=0.0))
        if most == 0:
            return f"plan {plan.revision} holds no instances{beside}"
        place = int(totals.argmax())
        peak = now + timedelta(minutes=BLOCK_MIN * place)
        largest = sorted(((plan.floor_at(region, peak), region) for region in plan.steps), reverse=True)
        named = some([f"{region} {instances:,}" for instances, region in largest if instances])
        when = (peak - self._begins).total_seconds() / 60
        return (
            f"plan {plan.revision} holds {totals[0]:,.0f} instances now and up to {most:,.0f} at minute {when:.0f}, "
            f"{named}{beside}. {self._why(plan, outlooks, largest[0][1], peak)}"
        )

    def _why(self, plan: ScalingPlan, outlooks: Outlooks, region: str, peak: datetime) -> str:
        step = plan.step_at(region, peak)
        reason = _BECAUSE[PlanReason.FORECAST if step is None else step.reason]
        crowds = outlooks[region].crowds if region in outlooks else ()
        near = phases(np.array([minutes_since_epoch(peak)]), crowds)[0] != Phase.QUIET
        quantile = self._policy.event_quantile if near else self._policy.quantile
        methods = Counter(one.outlook.forecast.method.spoken for one in outlooks.values()).most_common()
        how = methods[0][0] if len(methods) == 1 else ", ".join(f"{name} in {count} regions" for name, count in methods)
        return f"{region}: {reason}, at P{quantile * 100:g}; forecast by {how}"


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _blocks(now: datetime, ahead: timedelta) -> Floats:
    count = max(1, int(ahead / timedelta(minutes=BLOCK_MIN)))
    return now.timestamp() + 60.0 * BLOCK_MIN * np.arange(count, dtype=np.float64)
