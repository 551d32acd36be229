"""Executions of workflows, as tables and documents tell of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.errors import cut

if TYPE_CHECKING:
    from shared.ports.workflow_runs import WorkflowRun
    from swell.local.workflows.history import StepEntry

_LONGEST = 200


def document_of(run: "WorkflowRun") -> dict[str, Any]:
    """An execution for programs."""
    return {
        **vars(run),
        "state": run.state.value,
        "started_at": run.started_at.isoformat(),
        "ended_at": None if run.ended_at is None else run.ended_at.isoformat(),
    }


def step_document(entry: "StepEntry") -> dict[str, Any]:
    """A step for programs."""
    return {
        **vars(entry),
        "state": entry.state,
        "started_at": entry.started_at.isoformat(),
        "ended_at": None if entry.ended_at is None else entry.ended_at.isoformat(),
    }


def rows_of_steps(run: "WorkflowRun", steps: "Sequence[StepEntry]") -> list[list[str]]:
    """The timeline: seconds since the start, each branch of a parallel step set in by one."""
    rows = []
    for entry in steps:
        depth = entry.id.partition(":")[0].count(".") // 2
        tries = f" (try {entry.attempt})" if entry.attempt > 1 else ""
        since = (entry.started_at - run.started_at).total_seconds()
        took = "" if entry.ended_at is None else _seconds((entry.ended_at - entry.started_at).total_seconds())
        name = f"{'  ' * depth}{'' if entry.routine == 'main' else entry.routine + '.'}{entry.step}{tries}"
        rows.append([f"+{_seconds(since)}", name, entry.kind, took, entry.state, text_of(entry.error)])
    return rows


def lasted(run: "WorkflowRun") -> str:
    """How long it took, or takes so far."""
    return _seconds(((run.ended_at or datetime.now(UTC)) - run.started_at).total_seconds())


def text_of(value: Any) -> str:
    """A value in one line, shortened; an error by its message."""
    if value is None:
        return ""
    text = str(value.get("message", value)) if isinstance(value, dict) else str(value)
    return cut(text, _LONGEST)


def _seconds(seconds: float) -> str:
    return f"{seconds:,.1f} s"
