"""Follows the plan: keeps its jobs, and begins its steps when they are due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.scaling.plan_jobs import PREFIX, changes_between, jobs_document, jobs_of
from functions.scaling.scale_regions import ScaleRegions
from shared.crowds.paths import PLAN_JOBS
from shared.crowds.plan_store import load_plan
from shared.crowds.prewarms import prewarm_of_step
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.domain.scaling_plan import ScalingPlan
from shared.events.crowds import PlanChangedV1, PlanStepDueV1, PrewarmFloor
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.jobs import Jobs
from shared.ports.state import Put, StateStore
from shared.ports.workflow_runs import WorkflowRuns


@dataclass(frozen=True)
class PrewarmPolicy:
    """How many of the hottest collections a prewarm loads, and how long its regions may take to be ready."""

    collections: int
    ready_by: timedelta


class KeepJobs:
    """Brings the one-shot jobs in line with the plan that holds now, whatever revision the event says."""

    def __init__(self, state: StateStore, jobs: Jobs, timeline: Timeline, clock: Clock, *, ahead: timedelta) -> None:
        self._state = state
        self._jobs = jobs
        self._timeline = timeline
        self._clock = clock
        self._ahead = ahead

    def __call__(self, _: PlanChangedV1) -> Outcome:
        """Create, replace and remove jobs.

        Raises:
            DependencyUnavailable: the scheduler or the state store does not answer; done again, the rest follows.
        """
        plan, now = load_plan(self._state), self._clock.now()
        if plan is None:
            return Outcome.STALE
        wanted = jobs_of(plan, now, now + self._ahead)
        changes = changes_between(self._jobs.pending(PREFIX), wanted)
        for name in changes.cancel:
            self._jobs.cancel(name)
        for job in changes.schedule:
            self._jobs.schedule(job)
        if changes.schedule or changes.cancel:
            text = f"plan {plan.revision}: jobs made or changed {len(changes.schedule)}, removed {len(changes.cancel)}"
            self._timeline.note(TimelineEntry(now, EntryKind.JOB, f"jobs {plan.revision} {now.isoformat()}", text))
        self._state.commit([Put(PLAN_JOBS, jobs_document(plan, wanted))])
        return Outcome.DONE


class BeginStep:
    """A step that raises floors is a prewarm: a workflow that waits until instances are ready. Others take effect."""

    def __init__(
        self,
        *,
        state: StateStore,
        runs: WorkflowRuns,
        scale: ScaleRegions,
        timeline: Timeline,
        clock: Clock,
        policy: PrewarmPolicy,
    ) -> None:
        self._state = state
        self._runs = runs
        self._scale = scale
        self._timeline = timeline
        self._clock = clock
        self._policy = policy

    def __call__(self, due: PlanStepDueV1) -> Outcome:
        """Begin a step, unless the plan that holds now has another one in its place.

        Raises:
            DependencyUnavailable: somebody does not answer; begun again, it is the same execution.
        """
        plan = load_plan(self._state)
        if plan is None or not _holds(due, plan):
            return Outcome.STALE
        if due.rises:
            self._prewarm(due, plan)
        return self._scale.scale(at_once=True)

    def _prewarm(self, due: PlanStepDueV1, plan: ScalingPlan) -> None:
        rising = [floor for floor in due.floors if floor.instances > 0]
        argument: dict[str, Any] = {
            "plan": prewarm_of_step(due.starts_at),
            "revision": due.revision,
            "regions": [{"region": floor.region, "instances": floor.instances} for floor in rising],
            "collections": self._policy.collections,
            "ready_by": int(self._policy.ready_by.total_seconds()),
            "ends_at": _ends_at(plan, rising, due.starts_at).isoformat(),
        }
        run = self._runs.start("prewarm_regions", argument, name=f"prewarm-{due.event_id[:18]}")
        named = ", ".join(f"{floor.region} {floor.instances}" for floor in rising)
        text = f"prewarm of {named} has begun: execution {run.id}"
        self._timeline.note(TimelineEntry(self._clock.now(), EntryKind.PREWARM, f"begun {run.id}", text))


def _holds(due: PlanStepDueV1, plan: ScalingPlan) -> bool:
    """Whether the plan still asks for these floors from this moment on."""
    return all(plan.floor_at(floor.region, due.starts_at) == floor.instances for floor in due.floors)


def _ends_at(plan: ScalingPlan, floors: Sequence[PrewarmFloor], starts_at: datetime) -> datetime:
    """When the first of the regions needs fewer again: until then the prewarm holds its floors."""
    falls = [
        step.starts_at
        for floor in floors
        for step in plan.steps.get(floor.region, ())
        if step.starts_at > starts_at and step.instances < floor.instances
    ]
    return min(falls, default=plan.until)
