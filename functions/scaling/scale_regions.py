"""Each minute: every region is set to what plan, load and budget ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from functions.scaling.decisions import Decisions, RegionDecision, Remembered
from functions.scaling.measured import signals_by_region
from functions.scaling.reactive import Bounds, ScaleDecision, decide_demand
from functions.scaling.reactive_policy import ReactivePolicy
from functions.scaling.returning import Members, Standing
from functions.scaling.sharing import UNLIMITED_MICROS_PER_HOUR, Wish, share_out
from functions.scaling.signals import Signals
from functions.scaling.tiers import TierCounts
from functions.scaling.wants import RegionTerms, want_of
from shared.crowds.plan_store import Plans
from shared.crowds.prewarms import Prewarm, Prewarms
from shared.crowds.spending import load_spending
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.domain.scaling_plan import ScalingPlan
from shared.errors import DependencyUnavailable, NotFound
from shared.events.crowds import ScalingDueV1
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.fleet import Fleet, FleetSize
from shared.ports.load_metrics import LoadMetrics
from shared.ports.state import PreconditionFailed, StateStore
from shared.telemetry import log

LEAST_APART: Final = timedelta(seconds=30)
"""Two ticks closer than this are one tick delivered twice."""

REACH_FROM: Final = 2
"""Of so many minutes that are known the one with the most instances: the last may be told in part."""


@dataclass(frozen=True)
class ScalingPolicy:
    """How load becomes demand, what all regions together may have, and how late load is known."""

    reactive: ReactivePolicy
    total_instances: int
    load_late: timedelta = timedelta(0)
    starts_per_min: int = 100

    @property
    def reach(self) -> int:
        """Instances that a region can have started since the minute that is known, by the time of the next decision."""
        return self.starts_per_min * (ceil(self.load_late / timedelta(minutes=1)) + 2)


class ScaleRegions:
    """Decides for all regions together, remembers, and sets the fleet."""

    def __init__(
        self,
        terms: Sequence[RegionTerms],
        *,
        state: StateStore,
        members: Members,
        metrics: LoadMetrics,
        fleet: Fleet,
        decisions: Decisions,
        timeline: Timeline,
        clock: Clock,
        policy: ScalingPolicy,
    ) -> None:
        self._terms = terms
        self._state = state
        self._plans = Plans(state)
        self._members = members
        self._prewarms = Prewarms(state)
        self._metrics = metrics
        self._fleet = fleet
        self._decisions = decisions
        self._timeline = timeline
        self._clock = clock
        self._policy = policy

    def __call__(self, _: ScalingDueV1) -> Outcome:
        """Take a tick."""
        return self.scale()

    def scale(self, *, at_once: bool = False) -> Outcome:
        """Decide and set; not again within half a minute, unless a step of the plan begins (`at_once`).

        Raises:
            DependencyUnavailable: load, plan or documents cannot be read or written. A region that cannot be set is
                logged, and set by the next tick.
        """
        now = self._clock.now()
        sizes = self._sizes()
        before = self._decisions.recall({region: size.min_instances for region, size in sizes.items()})
        latest = max((one.decided_at for one in before.values() if one.decided_at is not None), default=None)
        if not at_once and latest is not None and now - latest < LEAST_APART:
            return Outcome.DUPLICATE
        for decision in self._decide(sizes, before, now):
            try:
                self._decisions.keep(decision, before[decision.region])
            except PreconditionFailed:
                continue  # another delivery decides about this region at the same time
            self._set(decision, sizes[decision.region])
        return Outcome.DONE

    def _sizes(self) -> dict[str, FleetSize]:
        """The regions that the function is deployed in."""
        sizes = {}
        for terms in self._terms:
            try:
                sizes[terms.region] = self._fleet.size(terms.region)
            except NotFound:
                continue
        return sizes

    def _decide(
        self, sizes: Mapping[str, FleetSize], before: Mapping[str, Remembered], now: datetime
    ) -> list[RegionDecision]:
        reactive = self._policy.reactive
        late = self._policy.load_late
        since = now - reactive.stable_window - late - timedelta(minutes=1)
        signals = signals_by_region(self._metrics.minutes(since, now), now, late=late)
        plan, spending = self._plans.load(), load_spending(self._state)
        prewarms = self._prewarms.all() if plan is None else self._following(plan, now)
        terms = [one for one in self._terms if one.region in sizes]
        demands = {one.region: self._demand(one, signals.get(one.region, []), before, now) for one in terms}
        standings = self._standings(demands, before, now)
        returning = {region: standing.floor(now) for region, standing in standings.items()}
        planned = {one.region: self._floor(one.region, plan, prewarms, now) for one in terms}
        floors = {one.region: min(max(planned[one.region], returning[one.region]), one.quota) for one in terms}
        tiers = {one.region: before[one.region].tiers.with_minutes(signals.get(one.region, [])) for one in terms}
        wishes = [
            self._wish(one, floors[one.region], demands, signals, tiers[one.region])._replace(
                ceiling=sizes[one.region].max_instances
            )
            for one in terms
        ]
        shares = share_out(
            wishes,
            total_instances=self._policy.total_instances,
            micros_per_hour=UNLIMITED_MICROS_PER_HOUR if spending is None else spending.micros_per_hour,
        )
        revision = None if plan is None else plan.revision
        return [
            RegionDecision(
                region=region,
                at=now,
                floor=floors[region],
                plan_revision=revision,
                demand=demands[region],
                combined=share.combined,
                tiers=tiers[region],
                denials=share.denials,
                returning=returning[region],
                standing=standings[region],
            )
            for region, share in shares.items()
        ]

    def _standings(
        self, demands: Mapping[str, ScaleDecision], before: Mapping[str, Remembered], now: datetime
    ) -> dict[str, Standing]:
        """How each region stands with routing, by what the regions say as members."""
        members = {member.region: member for member in self._members.all()}
        standings = {}
        for region, demand in demands.items():
            known = before[region].standing or Standing.first(demand.instances, now)
            standings[region] = known.after(members.get(region), now).asked(demand.instances, now)
        return standings

    def _following(self, plan: ScalingPlan, now: datetime) -> list[Prewarm]:
        """The prewarms, without the floors that the plan asks for no more."""
        followed = []
        for before in self._prewarms.all():
            prewarm = self._prewarms.follow(before, plan, now)
            followed.append(prewarm)
            for region, each in prewarm.given_back.items():
                if before.given_back.get(region) != each:
                    self._timeline.note_once(_given_back(prewarm, region, plan, now))
        return followed

    @staticmethod
    def _floor(region: str, plan: ScalingPlan | None, prewarms: Sequence[Prewarm], now: datetime) -> int:
        """The highest of what the plan and every prewarm hold."""
        planned = 0 if plan is None else plan.floor_at(region, now)
        return max([planned, *(prewarm.floor(region, now) for prewarm in prewarms)])

    def _demand(
        self, terms: RegionTerms, signals: Sequence[Signals], before: Mapping[str, Remembered], now: datetime
    ) -> ScaleDecision:
        bounds = Bounds(least=0, most=terms.quota)
        return decide_demand(signals, before[terms.region].state, bounds, self._policy.reactive, now)

    def _wish(
        self,
        terms: RegionTerms,
        floor: int,
        demands: Mapping[str, ScaleDecision],
        signals: Mapping[str, Sequence[Signals]],
        tiers: TierCounts,
    ) -> Wish:
        """The larger of both, for the tiers of those who ask, and room for what can start meanwhile."""
        demand, known = demands[terms.region], signals.get(terms.region, [])[-REACH_FROM:]
        wanted = max(floor, demand.instances)
        ran = max((one.instances for one in known), default=0)
        want = want_of(terms, wanted, demand.urgency, tiers)
        return Wish(want, floor, demand.instances, within_reach=max(wanted, ran) + self._policy.reach)

    def _set(self, decision: RegionDecision, size: FleetSize) -> None:
        combined, region = decision.combined, decision.region
        if (size.min_instances, size.max_instances) == (combined.min_instances, combined.max_instances):
            return
        try:
            self._fleet.resize(region, min_instances=combined.min_instances, max_instances=combined.max_instances)
        except (DependencyUnavailable, NotFound) as error:
            log("WARNING", "region not scaled", region=region, reason=str(error))
            return
        if size.min_instances != combined.min_instances:
            self._timeline.note(_told(decision, size))


def _given_back(prewarm: Prewarm, region: str, plan: ScalingPlan, now: datetime) -> TimelineEntry:
    before, left = prewarm.floors[region], prewarm.given_back[region].to
    text = f"prewarm {prewarm.plan} gives {region} back, {before} -> {left} over half an hour: plan {plan.revision}"
    key = f"given back {prewarm.plan} {region} {plan.revision} {left}"
    return TimelineEntry(now, EntryKind.PREWARM, key, f"{text} asks for no more")


def _told(decision: RegionDecision, size: FleetSize) -> TimelineEntry:
    combined = decision.combined
    floor = "its clients return" if decision.returning >= decision.floor else "floor"
    because = f"{combined.winner.value}: {decision.demand.reason.value if combined.winner == 'demand' else floor}"
    if combined.denied:
        of_whom = ", ".join(f"{denial.instances} {denial.tier.value}" for denial in decision.denials)
        because = f"{combined.winner.value} denies {combined.denied}: {of_whom}"
    text = f"{decision.region}: {size.min_instances} -> {combined.min_instances} instances ({because})"
    fields = {"region": decision.region, "from": size.min_instances, "to": combined.min_instances}
    key = f"scale {decision.region} {decision.at.isoformat()}"
    return TimelineEntry(decision.at, EntryKind.SCALING, key, text, {**fields, "winner": combined.winner.value})
