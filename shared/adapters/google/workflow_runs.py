"""Executions in Cloud Workflows. It gives each start an id of its own, so a claim in the state store makes it one.

The claim is made before the start and completed after it. A claim that was left incomplete is completed by the next
start of that name: with the execution that carries the name as its label, if one was made.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from google.api_core import exceptions
from google.cloud.workflows import executions_v1
from google.cloud.workflows.executions_v1.types import Execution, ExecutionView

from shared.adapters.google.failures import dependency_errors
from shared.adapters.workflow_starts import argument_text
from shared.errors import Conflict, NotFound, RevisionConflict
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, Document, PreconditionFailed, Put, StateStore
from shared.ports.workflow_runs import RunState, WorkflowRun

ATTEMPT_TIMEOUT_S: Final = 10.0
START_TAKES_AT_MOST: Final = timedelta(seconds=60)
KEPT: Final = timedelta(days=90)
_LABEL: Final = "swell-start"
_STATES: Final[Mapping[int, RunState]] = {
    Execution.State.QUEUED: RunState.QUEUED,
    Execution.State.ACTIVE: RunState.ACTIVE,
    Execution.State.SUCCEEDED: RunState.SUCCEEDED,
    Execution.State.FAILED: RunState.FAILED,
    Execution.State.CANCELLED: RunState.CANCELLED,
    Execution.State.UNAVAILABLE: RunState.FAILED,  # "execution data is unavailable": of a key that was revoked
}


class GoogleWorkflowRuns:
    """Executions of the workflows of one project in one region."""

    def __init__(
        self,
        project: str,
        location: str,
        state: StateStore,
        clock: Clock,
        client: executions_v1.ExecutionsClient | None = None,
    ) -> None:
        self._parent = f"projects/{project}/locations/{location}/workflows"
        self._state = state
        self._clock = clock
        self._client = client or executions_v1.ExecutionsClient()

    def start(self, workflow: str, argument: Any, *, name: str) -> WorkflowRun:
        """As the port."""
        text = argument_text(name, argument)
        claim = self._claim(workflow, name)
        run_id = claim.data.get("run")
        run = self._start(workflow, text, name, claim) if run_id is None else self.get(workflow, run_id)
        if argument_text(name, run.argument) != text:
            raise Conflict(f"execution {name!r} of {workflow!r} was started with another argument")
        return run

    def get(self, workflow: str, run_id: str) -> WorkflowRun:
        """As the port."""
        with _errors(f"execution {run_id!r} of workflow {workflow!r}"):
            name = self._name(workflow, run_id)
            return _run(workflow, self._client.get_execution(name=name, timeout=ATTEMPT_TIMEOUT_S))

    def list(self, workflow: str, *, limit: int = 50) -> list[WorkflowRun]:
        """As the port."""
        return [_run(workflow, execution) for execution in self._executions(workflow, limit)]

    def cancel(self, workflow: str, run_id: str) -> WorkflowRun:
        """As the port."""
        with suppress(exceptions.FailedPrecondition), _errors(f"execution {run_id!r} of workflow {workflow!r}"):
            self._client.cancel_execution(name=self._name(workflow, run_id), timeout=ATTEMPT_TIMEOUT_S)
        return self.get(workflow, run_id)

    def _start(self, workflow: str, argument: str, name: str, claim: Document) -> WorkflowRun:
        run = self._labelled(workflow, name) if claim.data["found"] else None
        if run is None:
            execution = Execution(argument=argument, labels={_LABEL: _label(name)})
            with _errors(f"workflow {workflow!r}"):
                parent = f"{self._parent}/{workflow}"
                made = self._client.create_execution(parent=parent, execution=execution, timeout=ATTEMPT_TIMEOUT_S)
            run = _run(workflow, made)
        completed = {**claim.data, "run": run.id}
        self._state.commit([Put(claim.path, completed, expires_at=run.started_at + KEPT)])
        return run

    def _claim(self, workflow: str, name: str) -> Document:
        """The claim of a name, made now or found; `found` says which."""
        path, now = f"workflows/{workflow}/names/{name}", self._clock.now()
        found = self._state.get(path)
        if found is not None and found.data.get("run") is not None:
            return found
        if found is not None and now - datetime.fromisoformat(found.data["claimed_at"]) < START_TAKES_AT_MOST:
            raise RevisionConflict(f"execution {name!r} of {workflow!r} is being started")
        claim = {"claimed_at": now.isoformat(), "found": found is not None}
        try:
            [version] = self._state.commit([Put(path, claim, ABSENT if found is None else found.version, now + KEPT)])
        except PreconditionFailed:
            raise RevisionConflict(f"execution {name!r} of {workflow!r} is being started") from None
        return Document(path, claim, version)

    def _labelled(self, workflow: str, name: str) -> WorkflowRun | None:
        label = _label(name)
        marked = (each for each in self._executions(workflow, 1000) if each.labels.get(_LABEL) == label)
        found = next(marked, None)
        return None if found is None else _run(workflow, found)

    def _executions(self, workflow: str, limit: int) -> Sequence[Execution]:
        """The newest first, as the API has them by default."""
        request = executions_v1.ListExecutionsRequest(
            parent=f"{self._parent}/{workflow}", page_size=min(limit, 1000), view=ExecutionView.FULL
        )
        with _errors(f"workflow {workflow!r}"):
            pages = self._client.list_executions(request=request, timeout=ATTEMPT_TIMEOUT_S)
            return [execution for _, execution in zip(range(limit), pages, strict=False)]

    def _name(self, workflow: str, run_id: str) -> str:
        if not run_id or "/" in run_id:
            raise NotFound(f"workflow {workflow!r} has no execution {run_id!r}")
        return f"{self._parent}/{workflow}/executions/{run_id}"


@contextmanager
def _errors(what: str) -> Iterator[None]:
    """What the API's refusals mean."""
    with dependency_errors(what):
        try:
            yield
        except exceptions.NotFound as error:
            raise NotFound(f"{what} does not exist") from error


def _label(name: str) -> str:
    """Labels hold 63 characters, and no capitals."""
    return hashlib.sha256(name.encode()).hexdigest()[:40]


def _run(workflow: str, execution: Execution) -> WorkflowRun:
    return WorkflowRun(
        workflow=workflow,
        id=execution.name.rpartition("/")[2],
        state=_STATES.get(execution.state, RunState.QUEUED),
        argument=orjson.loads(execution.argument or "null"),
        started_at=_moment(execution.start_time) or datetime.fromtimestamp(0, UTC),
        ended_at=_moment(execution.end_time),
        result=orjson.loads(execution.result or "null"),
        error=_json_or_text(execution.error.payload) if "error" in execution else None,
        revision=execution.workflow_revision_id,
    )


def _moment(given: Any) -> datetime | None:
    return None if given is None else datetime.fromtimestamp(given.timestamp(), UTC)


def _json_or_text(payload: str) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload
