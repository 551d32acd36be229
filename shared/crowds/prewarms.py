"""Floors that a prewarm holds under regions until its crowd has gone; they expire even if nobody takes them back."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

from shared.coordination.races import retry_lost_races
from shared.domain.scaling_plan import ScalingPlan
from shared.errors import Conflict
from shared.ports.state import ABSENT, Document, Put, StateStore

EXPIRE_AFTER_END: Final = timedelta(hours=1)
GIVEN_BACK_OVER: Final = timedelta(minutes=30)
"""The workflow steps down over as much."""
_PREWARMS: Final = "prewarms"
_OF_STEP: Final = "step-"


def prewarm_of_step(starts_at: datetime) -> str:
    """The name of the prewarm that a step of the plan begins; others are of people, and theirs to take back."""
    return f"{_OF_STEP}{starts_at:%Y%m%dT%H%M}"


@dataclass(frozen=True)
class GivenBack:
    """A floor that the plan no longer asks for: from `since` it falls from `start` to what is still asked.

    A fall to nothing takes half an hour.
    """

    since: datetime
    start: int
    to: int

    def floor(self, now: datetime) -> int:
        """What is left."""
        left = 1 - max(timedelta(0), now - self.since) / GIVEN_BACK_OVER
        return max(self.to, _part(self.start, max(0.0, left)))

    def asked(self, to: int, now: datetime) -> "GivenBack":
        """Where another number is asked: the fall goes on, or begins anew where it had ended."""
        ended = self.floor(now) == self.to
        return GivenBack(now, self.to, to) if ended and to < self.to else GivenBack(self.since, self.start, to)


@dataclass(frozen=True)
class Prewarm:
    """The floors of one plan's prewarm by region, when its crowd leaves, and the share of them still held.

    `given_back` are the regions in which the plan asks for less since; `plan_revision` is that of the last plan that
    was looked at for it.
    """

    plan: str
    revision: int
    ends_at: datetime
    floors: Mapping[str, int] = field(default_factory=dict)
    held: float = 1.0
    given_back: Mapping[str, GivenBack] = field(default_factory=dict)
    plan_revision: int = 0

    def floor(self, region: str, now: datetime) -> int:
        """The least number of instances that a region keeps for it now."""
        if now >= self.ends_at + EXPIRE_AFTER_END:
            return 0
        instances = self.floors.get(region, 0)
        held, given_back = _part(instances, self.held), self.given_back.get(region)
        return held if given_back is None else min(held, given_back.floor(now))

    def following(self, plan: ScalingPlan, now: datetime) -> Self:
        """With floors given back that the plan asks for nowhere before the end, as when an event was cancelled.

        What any event needs in the meantime is in the plan, and keeps the floor up to that. One that asks for all of it
        again has it held again. A plan that is older than one that was followed, or has no steps of a region, says
        nothing, and none says anything about what people have raised.
        """
        if plan.revision < self.plan_revision or not self.plan.startswith(_OF_STEP):
            return self
        found = {region: self._given_back(region, instances, plan, now) for region, instances in self.floors.items()}
        given_back = {region: each for region, each in found.items() if each is not None}
        return (
            self if given_back == self.given_back else replace(self, given_back=given_back, plan_revision=plan.revision)
        )

    def _given_back(self, region: str, instances: int, plan: ScalingPlan, now: datetime) -> GivenBack | None:
        before = self.given_back.get(region)
        if region not in plan.steps or now >= self.ends_at:
            return before
        asked = plan.most_until(region, now, self.ends_at)
        if asked >= instances:
            return None
        return GivenBack(now, instances, asked) if before is None else before.asked(asked, now)

    def raised(self, region: str, instances: int, revision: int, ends_at: datetime) -> Self:
        """With a floor under one more region; a later revision begins with all of its floors held.

        Raises:
            Conflict: a later revision has been begun.
        """
        self.check(revision)
        held = self.held if revision == self.revision else 1.0
        floors = {**self.floors, region: instances}
        return replace(self, revision=revision, ends_at=ends_at, floors=floors, held=held)

    def lowered(self, revision: int, step: int, of: int) -> Self:
        """After one of so many steps down; a step that was taken, or overtaken, changes nothing.

        Raises:
            Conflict: a later revision has been begun.
        """
        self.check(revision)
        return replace(self, held=min(self.held, 1 - step / of))

    def without(self, region: str) -> Self:
        """With the floor under a region taken back."""
        return replace(
            self,
            floors={name: floor for name, floor in self.floors.items() if name != region},
            given_back={name: each for name, each in self.given_back.items() if name != region},
        )

    def check(self, revision: int) -> None:
        """Go on only for the revision that holds, or a later one.

        Raises:
            Conflict: a later revision has been begun.
        """
        if revision < self.revision:
            raise Conflict(f"prewarm {self.plan!r} is at revision {self.revision}, not {revision}")


class Prewarms:
    """Prewarms in the state store, changed by compare-and-set."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def all(self) -> list[Prewarm]:
        """Those that have not expired."""
        return [_prewarm(document) for document in self._state.list(_PREWARMS)]

    def find(self, plan: str) -> Prewarm | None:
        """One prewarm, or None."""
        document = self._state.get(_path(plan))
        return None if document is None else _prewarm(document)

    def raise_floor(self, plan: str, region: str, instances: int, *, revision: int, ends_at: datetime) -> Prewarm:
        """Hold a floor under a region.

        Raises:
            Conflict: a later revision has been begun.
        """
        empty = Prewarm(plan, revision, ends_at)
        return self._change(empty, lambda before: before.raised(region, instances, revision, ends_at))

    def remove_floor(self, plan: str, region: str) -> None:
        """Take a floor back; where there is none, nothing changes."""
        found = self.find(plan)
        if found is not None:
            self._change(found, lambda before: before.without(region))

    def step_down(self, plan: str, *, revision: int, step: int, of: int) -> Prewarm | None:
        """Let go of a part of all floors, where there are any.

        Raises:
            Conflict: a later revision has been begun.
        """
        found = self.find(plan)
        return None if found is None else self._change(found, lambda before: before.lowered(revision, step, of))

    def follow(self, prewarm: Prewarm, plan: ScalingPlan, now: datetime) -> Prewarm:
        """The prewarm as the plan that holds now leaves it; nothing is written where that changes nothing."""
        if now >= prewarm.ends_at or prewarm.following(plan, now) == prewarm:
            return prewarm
        return self._change(prewarm, lambda before: before.following(plan, now))

    def _change(self, otherwise: Prewarm, change: Callable[[Prewarm], Prewarm]) -> Prewarm:
        """Change what stands, or `otherwise` where nothing does."""
        plan = otherwise.plan

        def attempt() -> Prewarm:
            document = self._state.get(_path(plan))
            before = otherwise if document is None else _prewarm(document)
            after = change(before)
            if document is None or after != before:
                version = ABSENT if document is None else document.version
                expires_at = after.ends_at + EXPIRE_AFTER_END
                self._state.commit([Put(_path(plan), _data(after), if_version=version, expires_at=expires_at)])
            return after

        return retry_lost_races(attempt, f"prewarm {plan!r}")


def _path(plan: str) -> str:
    return f"{_PREWARMS}/{plan}"


def _data(prewarm: Prewarm) -> dict[str, Any]:
    return {
        "revision": prewarm.revision,
        "ends_at": prewarm.ends_at.isoformat(),
        "floors": dict(prewarm.floors),
        "held": prewarm.held,
        "given_back": {
            region: {"since": each.since.isoformat(), "start": each.start, "to": each.to}
            for region, each in prewarm.given_back.items()
        },
        "plan_revision": prewarm.plan_revision,
    }


def _prewarm(document: Document) -> Prewarm:
    data = document.data
    given_back = data.get("given_back", {})  # not in documents from before it was kept
    return Prewarm(
        plan=document.id,
        revision=data["revision"],
        ends_at=datetime.fromisoformat(data["ends_at"]),
        floors=data["floors"],
        held=float(data["held"]),
        given_back={
            region: GivenBack(datetime.fromisoformat(each["since"]), each["start"], each["to"])
            for region, each in given_back.items()
        },
        plan_revision=data.get("plan_revision", 0),
    )


def _part(instances: int, share: float) -> int:
    return math.ceil(instances * share - 1e-9)
