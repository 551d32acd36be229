"""The steps of a plan as one-shot jobs: which there should be, and what to change so that there are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import orjson

from shared.domain.scaling_plan import ScalingPlan
from shared.events.codec import to_message
from shared.events.crowds import PlanStepDueV1, PrewarmFloor
from shared.events.event import event_id_of
from shared.ports.jobs import Job

PREFIX: Final = "plan-"


@dataclass(frozen=True)
class JobChanges:
    """What to do so that the jobs are those of the plan; nothing where they are already."""

    schedule: tuple[Job, ...]
    cancel: tuple[str, ...]


def jobs_of(plan: ScalingPlan, now: datetime, until: datetime) -> tuple[Job, ...]:
    """A job for each moment at which the floor of some region changes, by time."""
    floors: dict[datetime, list[PrewarmFloor]] = defaultdict(list)
    rises: dict[datetime, bool] = defaultdict(bool)
    for region, steps in sorted(plan.steps.items()):
        for before, step in pairwise(steps):
            if before.instances != step.instances and now < step.starts_at <= until:
                floors[step.starts_at].append(PrewarmFloor(region=region, instances=step.instances))
                rises[step.starts_at] |= step.instances > before.instances
    return tuple(_job(plan.revision, at, tuple(floors[at]), rises=rises[at]) for at in sorted(floors))


def changes_between(pending: Sequence[Job], wanted: Sequence[Job]) -> JobChanges:
    """What differs, but for the revision: a plan that changes at noon leaves the jobs of the evening alone."""
    have = {job.name: _essence(job) for job in pending}
    named = {job.name for job in wanted}
    return JobChanges(
        schedule=tuple(job for job in wanted if have.get(job.name) != _essence(job)),
        cancel=tuple(name for name in have if name not in named),
    )


def jobs_document(plan: ScalingPlan, jobs: Sequence[Job]) -> dict[str, Any]:
    """What is told of the jobs to whoever may not ask the scheduler."""
    return {"revision": plan.revision, "jobs": [{"name": job.name, "at": job.at.isoformat()} for job in jobs]}


def _job(revision: int, at: datetime, floors: tuple[PrewarmFloor, ...], *, rises: bool) -> Job:
    named = [f"{floor.region}={floor.instances}" for floor in floors]
    due = PlanStepDueV1(
        event_id=event_id_of(PlanStepDueV1.type, at.isoformat(), *named),
        occurred_at=at,
        revision=revision,
        starts_at=at,
        floors=floors,
        rises=rises,
    )
    return Job(f"{PREFIX}{at:%Y%m%dT%H%M}", at, to_message(due))


def _essence(job: Job) -> dict[str, Any]:
    return {name: value for name, value in orjson.loads(job.message.data).items() if name != "revision"}
