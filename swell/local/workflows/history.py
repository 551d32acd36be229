"""The steps that an execution took, for people to read."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class StepEntry:
    """One step taken. `id` says where in the course; `attempt` counts the tries of the block around it."""

    id: str
    routine: str
    step: str
    kind: str
    started_at: datetime
    attempt: int = 1
    ended_at: datetime | None = None
    error: Any = None

    @property
    def state(self) -> str:
        """One of: in progress, succeeded, failed."""
        if self.ended_at is None:
            return "in progress"
        return "succeeded" if self.error is None else "failed"

    def end(self, at: datetime, error: Any = None) -> "StepEntry":
        """The entry, ended."""
        return replace(self, ended_at=at, error=error)


class History(Protocol):
    """Where entries go. One that comes again with its id replaces the earlier one."""

    def record(self, entry: StepEntry) -> None:
        """Keep an entry: when a call begins, and when any step ends."""
        ...
