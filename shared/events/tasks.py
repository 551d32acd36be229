"""Tasks that regions are given."""

from datetime import timedelta
from typing import ClassVar

from shared.events.event import Event


class TaskAssignedV1(Event):
    """A region has been given a task, under a token that fences whoever had it before."""

    type: ClassVar[str] = "dev.swell.task.assigned.v1"
    topic: ClassVar[str] = "tasks"
    source: ClassVar[str] = "//swell.dev/functions/coordination"
    max_age: ClassVar[timedelta] = timedelta(days=1)

    task: str
    """The id of the task, which holds what is asked for."""
    region: str
    """Who has it now."""
    token: int
    """How often it was given out; one that is lower than the task's changes nothing."""
