"""What starting and following executions promises, in Cloud Workflows and on this machine."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Protocol

import pytest
from google.cloud.workflows.executions_v1.types import Execution
from grpc import StatusCode

from shared.adapters.embedded.workflow_runs import StoredWorkflowRuns
from shared.adapters.google.workflow_runs import GoogleWorkflowRuns
from shared.errors import Conflict, DependencyUnavailable, InvalidRequest, NotFound, RevisionConflict
from shared.ports.workflow_runs import RunState, WorkflowRuns
from tests.fakes.clock import FrozenClock
from tests.fakes.executions_api import ExecutionsApi, served
from tests.fakes.state import InMemoryState

W = "prewarm_regions"


class Ends(Protocol):
    """Lets an execution end."""

    def __call__(self, run_id: str, *, result: Any = None, error: Any = None) -> None:
        """With a result, or an error."""
        ...


Subject = tuple[WorkflowRuns, Ends, FrozenClock]


@pytest.fixture(params=["google", "embedded"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """The port, a way to let executions end, and the clock."""
    clock = FrozenClock()
    if request.param == "embedded":
        stored = StoredWorkflowRuns(InMemoryState(clock=clock), clock, [W])

        def end(run_id: str, *, result: Any = None, error: Any = None) -> None:
            if error is None:
                stored.succeed(W, run_id, result)
            else:
                stored.fail(W, run_id, error)

        yield stored, end, clock
        return
    api = ExecutionsApi(W)

    def finish(run_id: str, *, result: Any = None, error: Any = None) -> None:
        if error is None:
            api.end(run_id, state=Execution.State.SUCCEEDED, result=json.dumps(result))
        else:
            api.end(run_id, state=Execution.State.FAILED, error={"payload": json.dumps(error)})

    with served(api) as client:
        yield GoogleWorkflowRuns("p", "us-central1", InMemoryState(clock=clock), clock, client), finish, clock


def test_a_start_can_be_followed(subject: Subject) -> None:
    """It has an id, its argument, and is under way."""
    runs, _, _ = subject

    started = runs.start(W, {"plan": "final", "floors": {"europe-west1": 4}}, name="final-1")

    assert started == runs.get(W, started.id)
    assert {"plan": "final", "floors": {"europe-west1": 4}} == started.argument
    assert not started.state.is_final
    assert started.ended_at is None


def test_a_name_starts_one_execution(subject: Subject) -> None:
    """Delivered twice, a start is the same execution; another argument under its name is refused."""
    runs, end, _ = subject
    first = runs.start(W, {"a": 1, "b": 2}, name="n")
    end(first.id, result=1)

    assert first.id == runs.start(W, {"b": 2, "a": 1}, name="n").id
    assert first.id != runs.start(W, {"a": 1}, name="other").id
    with pytest.raises(Conflict):
        runs.start(W, {"a": 2}, name="n")


def test_results_and_errors_are_told(subject: Subject) -> None:
    """An execution that ended says how and when, and what came of it."""
    runs, end, _ = subject
    good, bad = runs.start(W, 1, name="good"), runs.start(W, 2, name="bad")

    end(good.id, result={"warm": True})
    end(bad.id, error={"tags": ["HttpError"], "code": 503})

    assert (RunState.SUCCEEDED, {"warm": True}) == (runs.get(W, good.id).state, runs.get(W, good.id).result)
    assert (RunState.FAILED, 503) == (runs.get(W, bad.id).state, runs.get(W, bad.id).error["code"])
    assert runs.get(W, bad.id).ended_at is not None


def test_the_newest_come_first(subject: Subject) -> None:
    """As many as are asked for."""
    runs, _, clock = subject
    ids = []
    for number in range(5):
        ids.append(runs.start(W, number, name=f"n{number}").id)
        clock.advance(timedelta(seconds=1))

    assert ids[:1:-1] == [run.id for run in runs.list(W, limit=3)]
    assert [4, 3, 2, 1, 0] == [run.argument for run in runs.list(W)]


def test_cancelling(subject: Subject) -> None:
    """What runs is cancelled; what has ended stays as it is; twice is as once."""
    runs, end, _ = subject
    going, gone = runs.start(W, 1, name="going"), runs.start(W, 2, name="gone")
    end(gone.id, result="done")

    assert RunState.CANCELLED is runs.cancel(W, going.id).state
    assert RunState.CANCELLED is runs.cancel(W, going.id).state
    assert RunState.SUCCEEDED is runs.cancel(W, gone.id).state


def test_what_does_not_exist(subject: Subject) -> None:
    """Unknown workflows and executions are not found."""
    runs, _, _ = subject

    for attempt in (
        lambda: runs.start("no_such", 1, name="n"),
        lambda: runs.list("no_such"),
        lambda: runs.get(W, "no-such"),
        lambda: runs.get(W, "a/b"),
        lambda: runs.cancel(W, "no-such"),
    ):
        with pytest.raises(NotFound):
            attempt()


@pytest.mark.parametrize(
    ("name", "argument"), [("", 1), ("a b", 1), ("a/b", 1), ("n" * 201, 1), ("n", {1, 2}), ("n", "a" * 32_768)]
)
def test_what_cannot_be_started(subject: Subject, name: str, argument: Any) -> None:
    """The name, the JSON and the 32 KB of an argument are checked before anything is asked."""
    runs, _, _ = subject

    with pytest.raises(InvalidRequest):
        runs.start(W, argument, name=name)
    assert [] == runs.list(W)


def test_a_start_whose_answer_was_lost_is_found_again() -> None:
    """Google gives each start a new id: the next start of the name adopts the execution that carries its label."""
    clock, api = FrozenClock(), ExecutionsApi(W)
    with served(api) as client:
        runs = GoogleWorkflowRuns("p", "us-central1", InMemoryState(clock=clock), clock, client)
        api.fails_next = StatusCode.INTERNAL
        with pytest.raises(DependencyUnavailable):
            runs.start(W, 1, name="n")
        with pytest.raises(RevisionConflict):  # the first may still be under way
            runs.start(W, 1, name="n")
        clock.advance(timedelta(minutes=2))

        found = runs.start(W, 1, name="n")

    assert ["e-0000"] == [name.rpartition("/")[2] for name in api.executions]
    assert "e-0000" == found.id


def test_a_claim_without_an_execution_is_completed() -> None:
    """A process that died between claim and start leaves nothing behind that hinders the next."""
    clock, api = FrozenClock(), ExecutionsApi()
    with served(api) as client:
        runs = GoogleWorkflowRuns("p", "us-central1", InMemoryState(clock=clock), clock, client)
        with pytest.raises(NotFound):
            runs.start(W, 1, name="n")
        api._workflows = (W,)
        clock.advance(timedelta(minutes=2))

        assert "e-0000" == runs.start(W, 1, name="n").id
