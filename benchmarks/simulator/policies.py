"""Which of the deployed policies steer the simulated fleet, and those policies on their simulated ports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from benchmarks.scenarios.model import Budget as ScenarioBudget
from benchmarks.simulator.fleet import SimulatedFleet
from benchmarks.simulator.load import LOAD_LATE, SimulatedLoad
from benchmarks.simulator.members import SimulatedMembers
from benchmarks.simulator.memory import MemoryState, SimulatedClock, Unheard
from functions.budget_enforcement.ceilings import ReadCeilings
from functions.budget_enforcement.enforce import Costs, EnforceBudget
from functions.budget_enforcement.ledger_store import LedgerStore
from functions.budget_enforcement.spend import Worst
from functions.budget_enforcement.want_stop import WORKFLOW, WantStop
from functions.budget_enforcement.wiring import BOOKED_LATER
from functions.burst_prediction.plan import PlanPolicy
from functions.burst_prediction.planning import PlanRegions
from functions.burst_prediction.ramp import Ramp
from functions.burst_prediction.tell_outlook import TellOutlook
from functions.scaling.decisions import Decisions
from functions.scaling.reactive_policy import ReactivePolicy
from functions.scaling.scale_regions import ScaleRegions, ScalingPolicy
from functions.scaling.wants import RegionTerms
from shared.adapters.embedded.workflow_runs import StoredWorkflowRuns
from shared.budget.answers import MostAnswers
from shared.budget.decision_store import SpendingDecisions
from shared.budget.documents import Budgets
from shared.budget.limits import ApprovedRaise, Limits
from shared.budget.standing import STANDING
from shared.crowds.spending import load_spending
from shared.crowds.timeline import Timeline, TimelineEntry
from shared.domain.load import LoadMinute
from shared.domain.money import micros_of
from shared.domain.prices import LIST_PRICES, InstanceShape
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode, mode_of
from shared.events.crowds import SpendDueV1


class Steering(StrEnum):
    """What sets the bounds of regions. Cloud Run's own autoscaler works between them in every case."""

    PLATFORM = "platform"
    """Nothing of ours: no floor, the quota as ceiling."""
    REACTIVE = "reactive"
    """The load of the last minutes; no forecast, no plan."""
    PREDICTIVE = "predictive"
    """The plan's floors; the load of the last minutes asks for nothing."""
    BOTH = "both"
    """As deployed: the larger of the two."""

    @property
    def plans(self) -> bool:
        """Whether load is forecast and planned for."""
        return self in {Steering.PREDICTIVE, Steering.BOTH}

    @property
    def reacts(self) -> bool:
        """Whether load of late asks for instances."""
        return self in {Steering.REACTIVE, Steering.BOTH}


@dataclass(frozen=True)
class Policy:
    """How a rehearsal is steered. `event_quantile`: what is planned for near events; None: as deployed."""

    steering: Steering = Steering.BOTH
    budget: bool = True
    event_quantile: float | None = None

    @property
    def name(self) -> str:
        """As `--against` takes it, and the quantile where it is another one."""
        name = self.steering.value if self.budget else f"{self.steering.value}-no-budget"
        return name if self.event_quantile is None else f"{name} P{self.event_quantile * 100:g}"

    def planned(self, deployed: PlanPolicy) -> PlanPolicy:
        """How a forecast becomes instances under this policy."""
        return deployed if self.event_quantile is None else replace(deployed, event_quantile=self.event_quantile)


@dataclass(frozen=True)
class Terms:
    """What the policies are told of the fleet: instances and money."""

    regions: Sequence[RegionTerms]
    total_instances: int
    concurrency: int
    shape: InstanceShape
    plan: PlanPolicy
    ramp: Ramp


class _Unseen:
    """No load is ever known: what is planned stands alone."""

    def minutes(self, since: datetime, until: datetime) -> list[LoadMinute]:  # noqa: ARG002 - the port's
        """None."""
        return []


class Deciders:
    """The deployed functions, called at their times."""

    def __init__(
        self, policy: Policy, terms: Terms, fleet: SimulatedFleet, load: SimulatedLoad, clock: SimulatedClock
    ) -> None:
        self.policy = policy
        self._clock = clock
        self._state = MemoryState(clock)
        self._timeline = Timeline(self._state)
        self._members = SimulatedMembers()
        quotas = {one.region: one.quota for one in terms.regions}
        self._scale = ScaleRegions(
            terms.regions,
            state=self._state,
            members=self._members,
            metrics=load if policy.steering.reacts else _Unseen(),
            fleet=fleet,
            decisions=Decisions(self._state),
            timeline=self._timeline,
            clock=clock,
            policy=ScalingPolicy(
                ReactivePolicy(concurrency_limit=terms.concurrency, settle=ReactivePolicy.settle + LOAD_LATE),
                terms.total_instances,
                LOAD_LATE,
                terms.ramp.instances_per_min,
            ),
        )
        runs = StoredWorkflowRuns(self._state, clock, [WORKFLOW])  # nobody carries a stop through
        self._enforce = EnforceBudget(
            state=self._state,
            metrics=load,
            ceilings=ReadCeilings(self._state, fleet, quotas),
            ledgers=LedgerStore(self._state),
            want_stop=WantStop(SpendingDecisions(self._state), runs, self._timeline),
            timeline=self._timeline,
            clock=clock,
            costs=Costs(
                Worst(terms.shape, LIST_PRICES, MostAnswers(terms.plan.requests_per_min, load.bytes_per_answer)),
                LOAD_LATE + BOOKED_LATER,
            ),
        )
        self.plan = PlanRegions(
            state=self._state,
            publisher=Unheard(),
            fleet=fleet,
            timeline=self._timeline,
            quotas=quotas,
            policy=policy.planned(terms.plan),
            ramp=terms.ramp,
        )
        self.tell_outlook = TellOutlook(self._timeline)

    def set_budget(self, budget: ScenarioBudget, begins: datetime, ends: datetime) -> None:
        """What the operator has set before it begins."""
        budgets = Budgets(self._state)
        budgets.set_limits(Limits(*(micros_of(str(one)) for one in (budget.hour, budget.day, budget.month))))
        if budget.approved_per_hour:
            extra = micros_of(str(budget.approved_per_hour))
            budgets.approve(ApprovedRaise("rehearsed", begins, ends, extra, "the scenario"))

    def each_minute(self, living: Sequence[str]) -> None:
        """What Cloud Scheduler starts each minute; the regions that live are heard as members."""
        now = self._clock.now()
        self._members.heard(living, now)
        if self.policy.budget:
            self._enforce(SpendDueV1(event_id=f"spend-{now:%s}", occurred_at=now))
        if self.policy.steering is not Steering.PLATFORM:
            self._scale.scale()

    def mode(self) -> ServingMode:
        """What the instances believe: the document."""
        document = self._state.get(SERVING_MODE_DOCUMENT)
        return mode_of(None if document is None else document.data)

    def allowed_per_hour(self) -> float | None:
        """Micro-dollars an hour that the budget lets all instances cost; None where nothing limits."""
        spending = load_spending(self._state)
        return None if spending is None else float(spending.micros_per_hour)

    def standing(self) -> Mapping[str, Any] | None:
        """How the budget stands, as the enforcing function keeps it for people; None where nothing is enforced."""
        document = self._state.get(STANDING)
        return None if document is None else document.data

    def told_since(self, moment: datetime) -> Sequence[TimelineEntry]:
        """What the functions wrote to the timeline."""
        return self._timeline.since(moment, limit=100_000)
