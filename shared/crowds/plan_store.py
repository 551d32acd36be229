"""The scaling plan as a state document."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from shared.crowds.paths import PLAN
from shared.domain.scaling_plan import PlanReason, PlanStep, ScalingPlan
from shared.parsed_documents import ParsedDocuments
from shared.ports.state import ABSENT, Absent, Put, StateStore


class Plans:
    """The plan of one state store, for whoever reads it each minute: it is parsed when it has changed."""

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self._parsed = ParsedDocuments(lambda document: plan_of(document.data))

    def load(self) -> ScalingPlan | None:
        """The plan that holds, or None before the first."""
        return self.load_version()[0]

    def load_version(self) -> tuple[ScalingPlan | None, str | Absent]:
        """The same, and the version that a write of the next one names."""
        document = self._state.get(PLAN)
        return (None, ABSENT) if document is None else (self._parsed.of(document), document.version)

    def keep(self, plan: ScalingPlan, before: str | Absent) -> None:
        """Make it the one that holds.

        Raises:
            PreconditionFailed: another one was kept since.
        """
        (version,) = self._state.commit([Put(PLAN, plan_document(plan), if_version=before)])
        self._parsed.written(PLAN, version, plan)


def load_plan(state: StateStore) -> ScalingPlan | None:
    """The plan that holds, or None before the first."""
    document = state.get(PLAN)
    return None if document is None else plan_of(document.data)


def plan_document(plan: ScalingPlan) -> dict[str, Any]:
    """The document of a plan."""
    return {
        "revision": plan.revision,
        "made_at": plan.made_at.isoformat(),
        "until": plan.until.isoformat(),
        "steps": {region: [_step_document(step) for step in steps] for region, steps in plan.steps.items()},
    }


def plan_of(document: Mapping[str, Any]) -> ScalingPlan:
    """The plan of a document."""
    return ScalingPlan(
        revision=document["revision"],
        made_at=datetime.fromisoformat(document["made_at"]),
        until=datetime.fromisoformat(document["until"]),
        steps={
            region: tuple(step_of(one["starts_at"], one["instances"], one["reason"]) for one in steps)
            for region, steps in document["steps"].items()
        },
    )


def _step_document(step: PlanStep) -> dict[str, Any]:
    return {"starts_at": step.starts_at.isoformat(), "instances": step.instances, "reason": step.reason.value}


@lru_cache(maxsize=4096)
def step_of(starts_at: str, instances: int, reason: str) -> PlanStep:
    """Plans are read each minute, and most steps of one are those of the plan before."""
    return PlanStep(datetime.fromisoformat(starts_at), instances, PlanReason(reason))
