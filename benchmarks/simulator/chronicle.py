"""What an operator looks for in an evening beside scaling and routes: the calendar, plans, prewarms, the budget.

All of it is from what the deployed functions read, made and kept, at the minute in which they did.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.result import Entry, EntryKind
from benchmarks.scenarios.model import Scenario
from benchmarks.simulator.foresight import announced
from benchmarks.simulator.plan_telling import Outlooks, PlanTelling, some
from functions.burst_prediction.plan import PlanPolicy
from functions.burst_prediction.priors import PRIORS
from shared.domain.calendar import Occurrence
from shared.domain.money import dollars
from shared.domain.scaling_plan import PlanReason, ScalingPlan
from shared.domain.serving_mode import ServingMode

Floats = NDArray[np.float64]

LOOKED_AHEAD: Final = timedelta(hours=3)
_RAISED: Final = {PlanReason.RAMP_AHEAD, PlanReason.RAMP_TOO_SLOW, PlanReason.EVENT, PlanReason.PRIOR}
_NEARLY_ALL: Final = 0.9
_HOUR_MIN: Final = 60


class Chronicle:
    """Collects the entries of a run; `plans` is None for a policy that makes none and looks at no calendar."""

    def __init__(self, scenario: Scenario, regions: tuple[str, ...], plans: PlanPolicy | None) -> None:
        self._begins = scenario.starts_at
        self._ends = scenario.starts_at + timedelta(minutes=scenario.duration_min)
        self._regions = regions
        self._plans = None if plans is None else PlanTelling(scenario.starts_at, plans)
        self._ready: list[tuple[datetime, Floats]] = []
        self._raised: set[str] = set()
        events = announced(scenario)
        self._events = [one for event in events for one in event.occurrences(self._begins, self._ends + LOOKED_AHEAD)]
        self.entries: list[Entry] = list(self._calendar())

    def planned(self, plan: ScalingPlan, outlooks: Outlooks, now: datetime) -> None:
        """A plan that was made, or stands."""
        if now < self._begins or self._plans is None:
            return
        if (text := self._plans.look(plan, outlooks, now)) is not None:
            self._tell(now, "plan", text)

    def minute(self, now: datetime, plan: ScalingPlan | None, ready: Floats) -> None:
        """A minute begins with so many instances that answer in each region."""
        self._ready.append((now, ready.copy()))
        if plan is None or now < self._begins:
            return
        for event in self._events:
            self._prewarm(event, plan, now)

    def budget(self, now: datetime, standing: Mapping[str, Any] | None, mode: ServingMode) -> None:
        """How it stands after the tick of a minute: told as the run begins, and in the last minute of each hour."""
        is_last = now.minute == _HOUR_MIN - 1 or now + timedelta(minutes=1) >= self._ends
        if now < self._begins or not (now == self._begins or is_last):
            return
        if now == self._begins:
            reason = "" if standing is None or not mode else f" ({standing['level']['reason'].replace('_', ' ')})"
            self._tell(now, "serving_mode", f"serving mode {mode.label}{reason}")
        if standing is None:
            return
        hour = standing["windows"]["hour"]
        limit, likely, booked = (dollars(hour[name]) for name in ("limit", "likely", "booked"))
        if now == self._begins:
            others = ", ".join(f"{dollars(standing['windows'][name]['limit'])} a {name}" for name in ("day", "month"))
            self._tell(now, "budget", f"budget {limit} in this hour, raises that are approved included; {others}")
        else:
            text = f"of {limit} for the hour from {now:%H}:00, {booked} is booked by now and {likely} likely"
            self._tell(now, "budget", f"{text}; serving mode {mode.label}")

    def _calendar(self) -> Iterator[Entry]:
        for one in self._events:
            event, usual = one.event, PRIORS[one.event.kind].peak_after_start_min
            starts, ends = self._minute(one.starts_at), self._minute(one.ends_at)
            peak = one.peaks_at or min(one.starts_at + timedelta(minutes=usual), one.ends_at)
            known = "peak expected" if one.peaks_at is not None else "peak expected, as is usual for its kind,"
            kind = event.kind.value.replace("_", " ")
            audience = "" if event.audience is None else f", {event.audience:,} people follow it"
            multiple = event.expected_multiple
            times = "" if multiple is None else f", {multiple:g} times the usual load expected"
            unread = "" if self._plans is not None else "; this policy does not look at the calendar"
            yield self._entry(
                self._begins,
                "calendar",
                f"announced: {event.name}, {kind}, minute {starts:.0f} to {ends:.0f}, {known} at minute "
                f"{self._minute(peak):.0f}, in {len(event.region_weights)} regions{audience}{times}{unread}",
            )
            moments = ((one.starts_at, "begins"), (peak, known.rstrip(",")), (one.ends_at, "ends"))
            for moment, word in moments:
                if self._begins <= moment < self._ends:
                    yield self._entry(moment, "calendar", f"{event.name}: {word}")

    def _prewarm(self, event: Occurrence, plan: ScalingPlan, now: datetime) -> None:
        name, regions = event.event.name, [one for one in self._regions if one in event.event.region_weights]
        floors = {region: plan.floor_at(region, now) for region in regions}
        held, left = sum(floors.values()), event.starts_at - now
        key = f"{event.event.event_id} {event.starts_at}"
        if key not in self._raised and timedelta(0) < left <= LOOKED_AHEAD:
            steps = (plan.step_at(region, now) for region in regions)
            raised = sum(step is not None and step.instances > 0 and step.reason in _RAISED for step in steps)
            if raised:
                self._raised.add(key)
                self._tell(
                    now,
                    "prewarm",
                    f"prewarm for {name} {'is on its way' if now == self._begins else 'begins'}: floors of {raised} "
                    f"regions are raised, {self._answering(floors):,.0f} of {held:,} instances are ready, "
                    f"{left.total_seconds() / 60:.0f} minutes before it begins",
                )
        if now == event.starts_at and held:
            self._tell(now, "prewarm", self._warm(name, floors, plan, now))

    def _warm(self, name: str, floors: Mapping[str, int], plan: ScalingPlan, now: datetime) -> str:
        held, ready = sum(floors.values()), self._answering(floors)
        since = now
        for moment, _ in reversed(self._ready):
            if self._answering(floors, moment) < _NEARLY_ALL * held:
                break
            since = moment
        text = f"prewarmed for {name}: {ready:,.0f} of {held:,} instances that plan {plan.revision} holds are ready"
        if ready >= _NEARLY_ALL * held:
            before = (now - since).total_seconds() / 60
            text += f" as it begins, nine tenths of them {before:.0f} minutes before"
        else:
            short = sorted(((floors[one] - self._answering({one: floors[one]}), one) for one in floors), reverse=True)
            text += f" as it begins; fewer than planned in {some([one for less, one in short if less > 0])}"
        steps = {one: plan.step_at(one, now) for one in floors}
        full = [one for one, step in steps.items() if step is not None and step.reason is PlanReason.QUOTA_REACHED]
        return text + (f"; the quota allows no more than planned in {some(full)}" if full else "")

    def _answering(self, floors: Mapping[str, int], at: datetime | None = None) -> float:
        """Instances that answered as a minute began, in each region at most so many as its floor: now, or earlier."""
        ready = self._ready[-1][1] if at is None else self._ready[self._place(at)][1]
        return float(sum(min(ready[self._regions.index(region)], floor) for region, floor in floors.items()))

    def _place(self, moment: datetime) -> int:
        return int((moment - self._ready[0][0]) / timedelta(minutes=1))

    def _minute(self, moment: datetime) -> float:
        return (moment - self._begins).total_seconds() / 60

    def _tell(self, moment: datetime, kind: EntryKind, text: str) -> None:
        self.entries.append(self._entry(moment, kind, text))

    @staticmethod
    def _entry(moment: datetime, kind: EntryKind, text: str) -> Entry:
        return Entry(moment.timestamp(), kind, text)
