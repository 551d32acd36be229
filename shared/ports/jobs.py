"""Messages that are published once, at a set time: Cloud Scheduler, or a table when embedded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.ports.publisher import Message


@dataclass(frozen=True)
class Job:
    """A message for a moment, to the minute. `name` is of letters, digits and hyphens, at most 200 characters."""

    name: str
    at: datetime
    message: Message


class Jobs(Protocol):
    """One-shot jobs by name. A job is published at least once, and forgotten some time after.

    Every method raises `DependencyUnavailable` when the scheduler does not answer.
    """

    def schedule(self, job: Job) -> None:
        """Create a job, or replace the one of its name."""
        ...

    def cancel(self, name: str) -> None:
        """Remove a job; removing nothing is fine."""
        ...

    def pending(self, prefix: str) -> Sequence[Job]:
        """The jobs whose names begin with `prefix`, by name, that have not been published."""
        ...
