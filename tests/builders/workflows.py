"""Runs workflows in tests: a world without network, whose time passes only while somebody waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

import pytest

from swell.local.workflows.calls.callbacks import CallbackDesk, callback_calls
from swell.local.workflows.calls.connectors import connector_calls
from swell.local.workflows.calls.environment import Identity, environment
from swell.local.workflows.calls.http import Sender, http_calls
from swell.local.workflows.calls.system import system_calls
from swell.local.workflows.definition import Workflow
from swell.local.workflows.failure import InvalidWorkflow, Raised
from swell.local.workflows.interpreter import Interpreter
from swell.local.workflows.limits import MAX_STEPS
from swell.local.workflows.reading import SUFFIX, WORKFLOWS, read, read_file
from swell.local.workflows.timing import Stop
from swell.local.workflows.world import World
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.workflow_functions import InProcessFunctions
from tests.fakes.workflow_memory import MemoryHistory, MemoryJournal
from tests.fakes.workflow_time import VirtualTime

IDENTITY = Identity(
    project="swell-test", location="us-central1", workflow="example", revision="000001-abc", execution="e-1"
)


class OneCallback:
    """A desk whose address gets `requests`, one for each look; None: nothing came yet."""

    url = "http://127.0.0.1:1/callbacks/1"

    def __init__(self, *requests: Mapping[str, Any] | None) -> None:
        self._requests = list(requests)
        self.methods: list[str] = []

    def open(self, method: str) -> str:
        """As the protocol."""
        self.methods.append(method)
        return self.url

    def received(self, url: str) -> Mapping[str, Any] | None:
        """As the protocol."""
        if url != self.url:
            raise KeyError(url)
        return self._requests.pop(0) if self._requests else None


@dataclass
class Stage:
    """What an execution runs in, and what it left there."""

    functions: Sender = field(default_factory=lambda: InProcessFunctions({}))
    variables: Mapping[str, str] = field(default_factory=dict)
    time: VirtualTime = field(default_factory=VirtualTime)
    journal: MemoryJournal | None = None
    history: MemoryHistory = field(default_factory=MemoryHistory)
    publisher: RecordingPublisher = field(default_factory=RecordingPublisher)
    desk: CallbackDesk = field(default_factory=OneCallback)
    stop: Stop = field(default_factory=Stop)
    logs: list[tuple[str, Any]] = field(default_factory=list)

    max_steps: int = MAX_STEPS

    def run(self, workflow: Workflow | str, argument: Any = None) -> Any:
        """What the workflow, or the one in this source, returns."""
        calls = {
            **http_calls(self.functions),
            **system_calls(self.time, self.stop, lambda severity, said: self.logs.append((severity, said))),
            **callback_calls(self.desk, self.time, self.stop),
            **connector_calls(self.publisher),
        }
        functions = environment(IDENTITY, self.variables, self.time)
        world = World(self.time, self.stop, self.journal or MemoryJournal(), self.history, calls, functions)
        return Interpreter(workflow_of(workflow), world, self.max_steps).run(argument)

    def failure(self, workflow: Workflow | str, argument: Any = None) -> Any:
        """The error with which it fails."""
        with pytest.raises(Raised) as raised:
            self.run(workflow, argument)
        return raised.value.payload


def workflow_of(workflow: Workflow | str) -> Workflow:
    """The workflow in a source."""
    return read("example", dedent(workflow)) if isinstance(workflow, str) else workflow


def workflow_file(name: str) -> Workflow:
    """One of the workflows of this repository."""
    return read_file(WORKFLOWS / f"{name}{SUFFIX}")


def run(workflow: str, argument: Any = None) -> Any:
    """What a workflow that needs nothing around it returns."""
    return Stage().run(workflow, argument)


def value_of(expression: str, argument: Any = None) -> Any:
    """The value of an expression; the variable `x` is the argument."""
    return run(_returning(expression), argument)


def error_of(expression: str, argument: Any = None) -> Any:
    """The error that an expression raises; the variable `x` is the argument."""
    return Stage().failure(_returning(expression), argument)


def _returning(expression: str) -> str:
    quoted = expression.replace("'", "''")
    return f"main: {{params: [x], steps: [answer: {{return: '${{{quoted}}}'}}]}}"


def refusals(workflow: str) -> list[str]:
    """Why a workflow is not taken."""
    with pytest.raises(InvalidWorkflow) as refused:
        workflow_of(workflow)
    return list(refused.value.problems)
