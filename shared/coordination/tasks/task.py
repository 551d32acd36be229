"""A task and how it moves. Pure.

    waiting --assigned--> assigned --done--> done
       ^                     |
       +--failed, overdue ---+--too often, or past its deadline--> dead --retried--> waiting

Each assignment has a higher token. Whoever comes with a lower one changes nothing: an agent that was given up and
comes back late neither finishes nor fails a task that another does now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

MAX_ATTEMPTS: Final = 4
"""Once and three retries (RUVECTOR §3.1)."""

FIRST_BACKOFF: Final = timedelta(seconds=10)
LONGEST_BACKOFF: Final = timedelta(minutes=10)
"""As subscriptions wait before they deliver again (topology.yaml)."""

TAKEN_OVER_AFTER: Final = timedelta(minutes=6)
"""A function runs for at most 5 minutes; one more is for clocks that differ and for a message on its way."""


class TaskKind(StrEnum):
    """What can be asked of a region; also the name of the capability that it takes."""

    COPY = "copy"
    WARM = "warm"
    REBUILD = "rebuild"
    VERIFY = "verify"
    DRAIN = "drain"
    STAGE = "stage"


class TaskState(StrEnum):
    """Where a task stands; `done` and `dead` are for good."""

    WAITING = "waiting"
    ASSIGNED = "assigned"
    DONE = "done"
    DEAD = "dead"


class Strategy(StrEnum):
    """How an agent is chosen among those who can."""

    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    WEIGHTED = "weighted"
    ADAPTIVE = "adaptive"


@dataclass(frozen=True)
class Task:
    """What is asked for, and how far it is."""

    id: str
    kind: TaskKind
    collection: str
    shard: int
    region: str | None
    """The only one that may do it; None: whoever the strategy chooses."""
    priority: int
    strategy: Strategy
    asked_at: datetime
    deadline: datetime
    """Nobody waits for the result any longer; what has not begun by then never does."""
    about: str = ""
    """The id of what it belongs to: of a rollout, for `stage`."""
    state: TaskState = TaskState.WAITING
    attempts: int = 0
    token: int = 0
    agent: str = ""
    not_before: datetime | None = None
    lease_until: datetime | None = None
    error: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in {TaskState.DONE, TaskState.DEAD}

    def is_due(self, now: datetime) -> bool:
        """Whether it wants an agent."""
        if self.state is TaskState.ASSIGNED:
            return self.lease_until is not None and now >= self.lease_until
        return self.state is TaskState.WAITING and (self.not_before is None or now >= self.not_before)

    def assigned(self, agent: str, now: datetime) -> Self:
        """In the hands of an agent; whoever had it before has it no longer."""
        return replace(
            self,
            state=TaskState.ASSIGNED,
            agent=agent,
            attempts=self.attempts + 1,
            token=self.token + 1,
            lease_until=now + TAKEN_OVER_AFTER,
            not_before=None,
        )

    def given_up(self, now: datetime) -> Self:
        """What becomes of one that is due: dead where it was tried too often or nobody waits any more."""
        if now >= self.deadline:
            return replace(self, state=TaskState.DEAD, error=self.error or "nobody waits for it any more")
        if self.attempts >= MAX_ATTEMPTS:
            return replace(self, state=TaskState.DEAD, error=self.error or f"no answer from {self.agent}")
        return self

    def done(self, token: int, result: Mapping[str, Any]) -> Self:
        """Finished, by who has it."""
        if self.state is not TaskState.ASSIGNED or token != self.token:
            return self
        return replace(self, state=TaskState.DONE, result=dict(result), error="", lease_until=None)

    def failed(self, token: int, error: str, now: datetime, *, for_good: bool) -> Self:
        """To be tried again later by who has it or another; never again where that cannot help."""
        if self.state is not TaskState.ASSIGNED or token != self.token:
            return self
        if for_good or self.attempts >= MAX_ATTEMPTS or now >= self.deadline:
            return replace(self, state=TaskState.DEAD, error=error, lease_until=None)
        again = now + min(FIRST_BACKOFF * 2 ** (self.attempts - 1), LONGEST_BACKOFF)
        return replace(self, state=TaskState.WAITING, error=error, lease_until=None, not_before=again)

    def retried(self, now: datetime) -> Self:
        """From the start, and waited for as long again: only what is dead. Tokens go on growing."""
        if self.state is not TaskState.DEAD:
            return self
        deadline = now + (self.deadline - self.asked_at)
        return replace(
            self,
            state=TaskState.WAITING,
            attempts=0,
            asked_at=now,
            deadline=deadline,
            not_before=None,
            lease_until=None,
        )

    @classmethod
    def from_data(cls, task_id: str, data: Mapping[str, Any]) -> Self:
        """The task that a state document describes."""
        return cls(
            id=task_id,
            **{
                **data,
                "kind": TaskKind(data["kind"]),
                "strategy": Strategy(data["strategy"]),
                "state": TaskState(data["state"]),
                **{name: _moment(data[name]) for name in _MOMENTS},
            },
        )

    def to_data(self) -> dict[str, Any]:
        """The state document of this task; times are seconds since 1970."""
        data = {name: value for name, value in vars(self).items() if name != "id"}
        for name in _MOMENTS:
            data[name] = data[name].timestamp() if data[name] is not None else None
        return {**data, "kind": self.kind.value, "strategy": self.strategy.value, "state": self.state.value}


_MOMENTS: Final = ("asked_at", "deadline", "not_before", "lease_until")


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
