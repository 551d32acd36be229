"""From outlooks to the plan: made, kept if it asks for anything else, and announced."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from functions.burst_prediction.forecasting import RegionOutlook
from functions.burst_prediction.plan import PlanPolicy, RegionLimits, plan_region
from functions.burst_prediction.plan_revision import revise_plan
from functions.burst_prediction.ramp import Ramp
from shared.coordination.races import retry_lost_races
from shared.crowds.plan_store import Plans
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.domain.scaling_plan import PlanStep, ScalingPlan
from shared.errors import NotFound
from shared.events.codec import to_message
from shared.events.crowds import PlanChangedV1
from shared.events.event import event_id_of
from shared.ports.fleet import Fleet, FleetSize
from shared.ports.publisher import Publisher
from shared.ports.state import StateStore


class PlanRegions:
    """Plans every region with an outlook; `quotas` are the most instances that each may have."""

    def __init__(
        self,
        *,
        state: StateStore,
        publisher: Publisher,
        fleet: Fleet,
        timeline: Timeline,
        quotas: Mapping[str, int],
        policy: PlanPolicy,
        ramp: Ramp,
    ) -> None:
        self._plans = Plans(state)
        self._publisher = publisher
        self._fleet = fleet
        self._timeline = timeline
        self._quotas = quotas
        self._policy = policy
        self._ramp = ramp

    def __call__(
        self, outlooks: Mapping[str, RegionOutlook], now: datetime, *, standing: Collection[str] = ()
    ) -> ScalingPlan:
        """The plan that holds now. A new revision is announced; announced again, it is the same event.

        Regions that are `standing` have the outlook of the plan before: they keep its steps.

        Raises:
            DependencyUnavailable: fleet, documents or Pub/Sub do not answer now.
            RevisionConflict: another delivery planned at the same time, again and again.
        """
        before = self._plans.load()
        earlier = {} if before is None else before.steps
        steps = {
            region: earlier[region]
            if region in standing and region in earlier
            else self._steps(outlook, size, earlier.get(region, ()))
            for region, outlook, size in self._deployed(outlooks)
        }
        plan, is_new = retry_lost_races(lambda: self._keep(steps, now), "scaling plan")
        if is_new:
            text = f"plan {plan.revision}: {_peaks(plan)}"
            self._timeline.note(TimelineEntry(now, EntryKind.PLAN, f"plan {plan.revision}", text))
        changed = PlanChangedV1(
            event_id=event_id_of(PlanChangedV1.type, plan.revision), occurred_at=now, revision=plan.revision
        )
        self._publisher.publish([to_message(changed)])
        return plan

    def _deployed(self, outlooks: Mapping[str, RegionOutlook]) -> Iterator[tuple[str, RegionOutlook, FleetSize]]:
        """The regions that can be set; one that was given up may still have load in its history."""
        for region, outlook in outlooks.items():
            try:
                yield region, outlook, self._fleet.size(region)
            except NotFound:
                continue

    def _steps(self, outlook: RegionOutlook, size: FleetSize, previous: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
        running = size.min_instances if size.ready is None else size.ready
        forecast = outlook.outlook.forecast
        limits = RegionLimits(quota=self._quotas[forecast.region], ramp=self._ramp, running=running)
        return plan_region(forecast, outlook.crowds, self._policy, limits, previous)

    def _keep(self, steps: Mapping[str, tuple[PlanStep, ...]], now: datetime) -> tuple[ScalingPlan, bool]:
        previous, version = self._plans.load_version()
        plan = revise_plan(previous, steps, now)
        self._plans.keep(plan, version)
        return plan, previous is None or plan.revision != previous.revision


def _peaks(plan: ScalingPlan) -> str:
    """The most instances of each region that has any, the largest first."""
    peaks = {region: max(step.instances for step in steps) for region, steps in plan.steps.items() if steps}
    named = [f"{region} up to {most}" for region, most in sorted(peaks.items(), key=lambda item: -item[1]) if most]
    return ", ".join(named) or "nothing expected"
