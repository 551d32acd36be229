"""Floors that a prewarm holds under regions until its crowd has gone; they expire even if nobody takes them back."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

from shared.coordination.races import retry_lost_races
from shared.errors import Conflict
from shared.ports.state import ABSENT, Document, Put, StateStore

EXPIRE_AFTER_END: Final = timedelta(hours=1)
_PREWARMS: Final = "prewarms"


@dataclass(frozen=True)
class Prewarm:
    """The floors of one plan's prewarm by region, when its crowd leaves, and the share of them still held."""

    plan: str
    revision: int
    ends_at: datetime
    floors: Mapping[str, int] = field(default_factory=dict)
    held: float = 1.0

    def floor(self, region: str, now: datetime) -> int:
        """The least number of instances that a region keeps for it now."""
        if now >= self.ends_at + EXPIRE_AFTER_END:
            return 0
        return math.ceil(self.floors.get(region, 0) * self.held - 1e-9)

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
        return replace(self, floors={name: floor for name, floor in self.floors.items() if name != region})

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
    }


def _prewarm(document: Document) -> Prewarm:
    data = document.data
    return Prewarm(
        document.id, data["revision"], datetime.fromisoformat(data["ends_at"]), data["floors"], float(data["held"])
    )
