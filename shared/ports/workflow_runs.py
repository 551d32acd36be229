"""Executions of workflows: Cloud Workflows, or the interpreter of this machine when embedded."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class RunState(StrEnum):
    """Where an execution is; the last three are final."""

    QUEUED = "queued"
    ACTIVE = "active"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self in (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)


@dataclass(frozen=True)
class WorkflowRun:
    """One execution. `error` is the workflow's error map, or what it raised."""

    workflow: str
    id: str
    state: RunState
    argument: Any
    started_at: datetime
    ended_at: datetime | None = None
    result: Any = None
    error: Any = None
    revision: str = ""


class WorkflowRuns(Protocol):
    """Starts executions and tells of them. Every method raises `DependencyUnavailable` when nobody answers."""

    def start(self, workflow: str, argument: Any, *, name: str) -> WorkflowRun:
        """Start an execution, once for each `name`: started again, it is the same one.

        Raises:
            NotFound: there is no such workflow.
            InvalidRequest: the argument is not JSON, or larger than 32 KB; or the name cannot be one.
            Conflict: an execution of this name was started with another argument.
            RevisionConflict: another start of this name is under way.
        """
        ...

    def get(self, workflow: str, run_id: str) -> WorkflowRun:
        """One execution.

        Raises:
            NotFound: there is none, or no more.
        """
        ...

    def list(self, workflow: str, *, limit: int = 50) -> list[WorkflowRun]:
        """The last executions of a workflow, the newest first.

        Raises:
            NotFound: there is no such workflow.
        """
        ...

    def cancel(self, workflow: str, run_id: str) -> WorkflowRun:
        """Have an execution end where it is; one that has ended stays as it is.

        Raises:
            NotFound: there is none.
        """
        ...
