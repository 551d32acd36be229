"""Takes up executions and runs them, each in a thread: new ones, and those that an earlier process left unfinished."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from shared.adapters.embedded.workflow_runs import StoredWorkflowRuns
from shared.errors import DependencyUnavailable
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher
from shared.ports.state import StateStore
from shared.ports.workflow_runs import RunState, WorkflowRun
from shared.telemetry import log
from swell.local.threads import in_thread
from swell.local.workflows.calls.callbacks import CallbackDesk, callback_calls
from swell.local.workflows.calls.connectors import connector_calls
from swell.local.workflows.calls.environment import Identity, environment
from swell.local.workflows.calls.http import Sender, http_calls
from swell.local.workflows.calls.system import system_calls
from swell.local.workflows.definition import Workflow
from swell.local.workflows.failure import Cancelled, Interrupted, Raised, failure
from swell.local.workflows.interpreter import Interpreter
from swell.local.workflows.stored_course import StoredHistory, StoredJournal
from swell.local.workflows.timing import Stop, Time, WallTime
from swell.local.workflows.world import World

_LOOK_S: Final = 0.5
_STOP_TAKES_S: Final = 10.0


@dataclass(frozen=True)
class Surroundings:
    """What every execution runs in. `variables` are those that a deployment would set."""

    state: StateStore
    clock: Clock
    publisher: Publisher
    sender: Sender
    desk: CallbackDesk
    variables: Mapping[str, str]
    time: Time = field(default_factory=WallTime)
    project: str = "swell-local"
    location: str = "us-central1"


class WorkflowRunner:
    """Runs the executions of some workflows. One process at a time may do so for a state store."""

    def __init__(self, workflows: Mapping[str, Workflow], around: Surroundings) -> None:
        self.runs = StoredWorkflowRuns(around.state, around.clock, workflows)
        self._workflows = workflows
        self._around = around
        self._stops: dict[str, Stop] = {}
        self._threads: dict[str, threading.Thread] = {}

    def take_up(self) -> list[str]:
        """Begin what has not begun in this process, and end what was cancelled; the ids of what was begun.

        Raises:
            DependencyUnavailable: the state store does not answer; the next look tries again.
        """
        begun = []
        unfinished = self.runs.unfinished()
        self._forget({run_id for _, run_id in unfinished})
        for workflow, run_id in unfinished:
            thread = self._threads.get(run_id)
            if thread is not None and thread.is_alive():
                self._look_after(workflow, run_id)
            elif workflow in self._workflows:  # one that stopped without an end goes on from its journal
                self._begin(workflow, run_id)
                begun.append(run_id)
        return begun

    def wait(self, run_id: str, timeout_s: float) -> bool:
        """Whether an execution of this process ended in time."""
        thread = self._threads.get(run_id)
        if thread is not None:
            thread.join(timeout_s)
        return thread is not None and not thread.is_alive()

    def stop(self) -> None:
        """Interrupt what runs: the next process goes on with it."""
        for stop in self._stops.values():
            stop.interrupt()
        for thread in self._threads.values():
            thread.join(_STOP_TAKES_S)

    def _forget(self, unfinished: set[str]) -> None:
        for run_id in [each for each, thread in self._threads.items() if not thread.is_alive()]:
            if run_id not in unfinished:
                del self._threads[run_id], self._stops[run_id]

    def _look_after(self, workflow: str, run_id: str) -> None:
        if self.runs.get(workflow, run_id).state is RunState.CANCELLED:
            self._stops[run_id].cancel()

    def _begin(self, workflow: str, run_id: str) -> None:
        self._stops[run_id] = Stop()
        name = f"workflow-{run_id}"
        thread = threading.Thread(target=self._run, args=(workflow, run_id), name=name, daemon=True)
        self._threads[run_id] = thread
        thread.start()

    def _run(self, workflow: str, run_id: str) -> None:
        try:
            self._execute(workflow, run_id)
            self.runs.let_go(workflow, run_id)
        except Interrupted:
            return
        except DependencyUnavailable as error:
            log("WARNING", "workflow stands still", workflow=workflow, execution=run_id, reason=str(error))
        except Exception as error:  # noqa: BLE001 - an entry point: whatever happens, the execution says so
            log("ERROR", "workflow failed", workflow=workflow, execution=run_id, reason=repr(error))
            self.runs.fail(workflow, run_id, {"tags": ["SystemError"], "message": repr(error)})
            self.runs.let_go(workflow, run_id)

    def _execute(self, workflow: str, run_id: str) -> None:
        definition = self._workflows[workflow]
        run = self.runs.begin(workflow, run_id, definition.revision)
        if run.state.is_final:
            return
        try:
            self._require_same(run, definition)
            result = Interpreter(definition, self._world(run)).run(run.argument)
            self.runs.succeed(workflow, run_id, _returned(result))
        except Raised as error:
            self.runs.fail(workflow, run_id, error.payload)
        except Cancelled:
            pass
        outcome = self.runs.get(workflow, run_id).state
        log("INFO", "workflow ended", workflow=workflow, execution=run_id, outcome=outcome)

    def _require_same(self, run: WorkflowRun, definition: Workflow) -> None:
        if run.revision != definition.revision:
            message = f"the workflow changed under the execution: it began as {run.revision}, now {definition.revision}"
            raise failure("SystemError", message)

    def _world(self, run: WorkflowRun) -> World:
        around, stop = self._around, self._stops[run.id]
        course = (around.state, around.clock, run.workflow, run.id)

        def say(severity: str, _: Any) -> None:
            log("INFO", "workflow log", workflow=run.workflow, execution=run.id, severity_said=severity)

        identity = Identity(around.project, around.location, run.workflow, run.revision, run.id)
        return World(
            time=around.time,
            stop=stop,
            journal=StoredJournal(*course),
            history=StoredHistory(*course),
            calls={
                **http_calls(around.sender),
                **system_calls(around.time, stop, say),
                **callback_calls(around.desk, around.time, stop),
                **connector_calls(around.publisher),
            },
            environment=environment(identity, around.variables, around.time),
        )


@contextmanager
def running(runner: WorkflowRunner) -> Iterator[WorkflowRunner]:
    """Take up executions from a thread until the block ends."""

    def look(stopped: threading.Event) -> None:
        while not stopped.wait(_LOOK_S):
            try:
                runner.take_up()
            except DependencyUnavailable as error:
                log("WARNING", "workflows not looked after", reason=str(error))

    try:
        with in_thread("workflows", look):
            yield runner
    finally:
        runner.stop()


def _returned(result: Any) -> Any:
    """What main returned, if an execution can have it as its result."""
    try:
        json.dumps(result)
    except TypeError:
        raise failure("TypeError", "bytes cannot be returned: encode them as base64") from None
    return result
