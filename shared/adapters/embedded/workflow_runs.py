"""Executions as documents: any process starts them, the one that interprets workflows takes them up.

`workflows/{w}/runs/{id}` holds an execution, `workflows/{w}/names/{name}` which one a name started, and
`workflow_queue/{w}~{id}` stands as long as it has not ended. Ids begin with the time that is left, so that the newest
is the first in order.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import orjson

from shared.adapters.workflow_starts import argument_text
from shared.errors import Conflict, NotFound, RevisionConflict
from shared.moments import moment_of
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, Delete, Document, PreconditionFailed, Put, StateStore, Write
from shared.ports.workflow_runs import RunState, WorkflowRun

KEPT: Final = timedelta(days=90)
"""As long as Cloud Workflows keeps executions."""
_QUEUE: Final = "workflow_queue"
_END_OF_TIME_MS: Final = 10**13
_ATTEMPTS: Final = 20


class StoredWorkflowRuns:
    """Executions of the workflows of these names, in a state store."""

    def __init__(self, state: StateStore, clock: Clock, workflows: Collection[str]) -> None:
        self._state = state
        self._clock = clock
        self._workflows = frozenset(workflows)

    def start(self, workflow: str, argument: Any, *, name: str) -> WorkflowRun:
        """As the port."""
        self._require(workflow)
        text = argument_text(name, argument)
        started = self._named(workflow, name) or self._started(workflow, text, name)
        if argument_text(name, started.argument) != text:
            raise Conflict(f"execution {name!r} of {workflow!r} was started with another argument")
        return started

    def get(self, workflow: str, run_id: str) -> WorkflowRun:
        """As the port."""
        return _run(workflow, self._document(workflow, run_id))

    def list(self, workflow: str, *, limit: int = 50) -> list[WorkflowRun]:
        """As the port."""
        self._require(workflow)
        return [_run(workflow, document) for document in self._state.list(_runs(workflow), limit=limit)]

    def cancel(self, workflow: str, run_id: str) -> WorkflowRun:
        """As the port."""
        return self._change(workflow, run_id, {"state": RunState.CANCELLED.value, "ended_at": self._now()})

    def unfinished(self) -> Sequence[tuple[str, str]]:
        """Workflow and id of each execution that has not ended, or was cancelled and not yet let go."""
        found = [document.id.split("~", 1) for document in self._state.list(_QUEUE)]
        return [(workflow, run_id) for workflow, run_id in found]

    def begin(self, workflow: str, run_id: str, revision: str) -> WorkflowRun:
        """Note that it runs. The revision is that of the first process that ran it."""
        run = self.get(workflow, run_id)
        if run.state is not RunState.QUEUED:
            return run
        return self._change(workflow, run_id, {"state": RunState.ACTIVE.value, "revision": revision})

    def succeed(self, workflow: str, run_id: str, result: Any) -> None:
        """End it with its result."""
        ended = {"state": RunState.SUCCEEDED.value, "result": _text(result), "ended_at": self._now()}
        self._change(workflow, run_id, ended)

    def fail(self, workflow: str, run_id: str, error: Any) -> None:
        """End it with its error."""
        ended = {"state": RunState.FAILED.value, "error": _text(error), "ended_at": self._now()}
        self._change(workflow, run_id, ended)

    def let_go(self, workflow: str, run_id: str) -> None:
        """Take it off the queue: it has ended."""
        self._state.commit([Delete(f"{_QUEUE}/{workflow}~{run_id}")])

    def _started(self, workflow: str, argument: str, name: str) -> WorkflowRun:
        now = self._clock.now()
        run_id = f"{_END_OF_TIME_MS - int(now.timestamp() * 1000):013}-{uuid4().hex[:12]}"
        run = {"state": RunState.QUEUED.value, "argument": argument, "started_at": now.isoformat()}
        expires_at = now + KEPT
        writes: list[Write] = [
            Put(f"workflows/{workflow}/names/{name}", {"run": run_id}, ABSENT, expires_at),
            Put(f"{_runs(workflow)}/{run_id}", run, ABSENT, expires_at),
            Put(f"{_QUEUE}/{workflow}~{run_id}", {"started_at": now.isoformat()}, ABSENT, expires_at),
        ]
        try:
            self._state.commit(writes)
        except PreconditionFailed:  # somebody else's start, or this one's, whose answer was lost
            started = self._named(workflow, name)
            if started is None:
                raise RevisionConflict(f"execution {name!r} of {workflow!r} is being started") from None
            return started
        return self.get(workflow, run_id)

    def _named(self, workflow: str, name: str) -> WorkflowRun | None:
        found = self._state.get(f"workflows/{workflow}/names/{name}")
        return None if found is None else self.get(workflow, found.data["run"])

    def _document(self, workflow: str, run_id: str) -> Document:
        self._require(workflow)
        found = self._state.get(f"{_runs(workflow)}/{run_id}") if run_id and "/" not in run_id else None
        if found is None:
            raise NotFound(f"workflow {workflow!r} has no execution {run_id!r}")
        return found

    def _change(self, workflow: str, run_id: str, changes: dict[str, Any]) -> WorkflowRun:
        """Apply changes, unless it has ended."""
        for _ in range(_ATTEMPTS):
            document = self._document(workflow, run_id)
            run = _run(workflow, document)
            if run.state.is_final:
                return run
            data = {**document.data, **changes}
            try:
                self._state.commit([Put(document.path, data, document.version, run.started_at + KEPT)])
            except PreconditionFailed:
                continue
            return self.get(workflow, run_id)
        raise RevisionConflict(f"execution {run_id!r} of {workflow!r} is changed by others all the time")

    def _require(self, workflow: str) -> None:
        if workflow not in self._workflows:
            raise NotFound(f"workflow {workflow!r} does not exist; there are {sorted(self._workflows)}")

    def _now(self) -> str:
        return self._clock.now().isoformat()


def _runs(workflow: str) -> str:
    return f"workflows/{workflow}/runs"


def _run(workflow: str, document: Document) -> WorkflowRun:
    data = document.data
    return WorkflowRun(
        workflow=workflow,
        id=document.id,
        state=RunState(data["state"]),
        argument=orjson.loads(data["argument"]),
        started_at=datetime.fromisoformat(data["started_at"]),
        ended_at=moment_of(data.get("ended_at")),
        result=orjson.loads(data.get("result", "null")),
        error=orjson.loads(data.get("error", "null")),
        revision=data.get("revision", ""),
    )


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()
