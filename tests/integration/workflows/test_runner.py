"""Executions are taken up, followed, cancelled, and survive the end of a process."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Received
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.adapters.embedded.state import SqliteState
from shared.adapters.stored.callbacks import StoredCallbacks
from shared.errors import DependencyUnavailable
from shared.ports.state import StateStore, Write
from shared.ports.workflow_runs import RunState
from swell.local.server import serve
from swell.local.workflows.callback_desk import CallbackServer
from swell.local.workflows.calls.http import Request, Response
from swell.local.workflows.calls.sending import HttpxSender
from swell.local.workflows.failure import Interrupted
from swell.local.workflows.reading import read
from swell.local.workflows.runner import Surroundings, WorkflowRunner
from swell.local.workflows.stored_course import steps_of
from swell.local.workflows.timing import Time, WallTime
from tests.builders.workflows import OneCallback
from tests.fakes.clock import FrozenClock
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState
from tests.fakes.workflow_functions import InProcessFunctions, answer
from tests.fakes.workflow_time import VirtualTime
from tests.integration.workflows.crash_runner import runner as crashing_runner

_PATIENCE_S = 30
_SOURCE = """
main:
  params: [x]
  steps:
    - first: {call: http.post, args: {url: "http://functions.test/first"}, result: one}
    - rest: {call: sys.sleep, args: {seconds: 3600}}
    - second: {call: http.post, args: {url: "http://functions.test/second"}, result: two}
    - answer: {return: ["${x}", "${one.body}", "${two.body}"]}
"""


def _runner(
    state: StateStore, functions: InProcessFunctions, *, source: str = _SOURCE, time: Time | None = None
) -> WorkflowRunner:
    clock = FrozenClock()
    around = Surroundings(state, clock, RecordingPublisher(), functions, OneCallback(), {}, time or VirtualTime(clock))
    return WorkflowRunner({"example": read("example", source)}, around)


def _ran(runner: WorkflowRunner, run_id: str) -> Any:
    runner.take_up()
    assert runner.wait(run_id, _PATIENCE_S)
    return runner.runs.get("example", run_id)


def _both() -> InProcessFunctions:
    return InProcessFunctions({"POST /first": answer(1), "POST /second": answer(2)})


def test_an_execution_from_start_to_end() -> None:
    """It is queued, run, and off the queue; its steps are told."""
    state = InMemoryState()
    runner = _runner(state, _both())
    started = runner.runs.start("example", "x", name="n")

    ended = _ran(runner, started.id)

    assert (RunState.QUEUED, RunState.SUCCEEDED) == (started.state, ended.state)
    assert ["x", 1, 2] == ended.result
    assert [] == list(runner.runs.unfinished())
    assert [] == runner.take_up()
    told = [(entry.step, entry.kind, entry.state) for entry in steps_of(state, "example", started.id)]
    assert [
        ("first", "http.post", "succeeded"),
        ("rest", "sys.sleep", "succeeded"),
        ("second", "http.post", "succeeded"),
        ("answer", "return", "succeeded"),
    ] == told


def test_an_execution_that_fails_says_why() -> None:
    """The error is the workflow's own; so is that of a step in its history."""
    state = InMemoryState()
    runner = _runner(state, InProcessFunctions({"POST /first": answer({"title": "no"}, 409)}))
    started = runner.runs.start("example", None, name="n")

    ended = _ran(runner, started.id)

    assert (RunState.FAILED, 409) == (ended.state, ended.error["code"])
    [entry] = steps_of(state, "example", started.id)
    assert ("failed", 409) == (entry.state, entry.error["code"])


def test_the_next_process_goes_on() -> None:
    """What had been called is not called again."""
    state = InMemoryState()

    def dies(_: Request, __: Any) -> Response:
        raise Interrupted

    before = _runner(state, InProcessFunctions({"POST /first": answer(1), "POST /second": dies}))
    started = before.runs.start("example", "x", name="n")
    assert RunState.ACTIVE is _ran(before, started.id).state
    functions = InProcessFunctions({"POST /second": answer(2)})

    ended = _ran(_runner(state, functions), started.id)

    assert ["x", 1, 2] == ended.result
    assert ["POST /second"] == functions.called()


def test_an_execution_does_not_go_on_as_another_workflow() -> None:
    """Cloud Workflows keeps the revision that began; here it is gone, and that is said."""
    state = InMemoryState()

    def dies(_: Request, __: Any) -> Response:
        raise Interrupted

    before = _runner(state, InProcessFunctions({"POST /first": dies}))
    started = before.runs.start("example", "x", name="n")
    _ran(before, started.id)

    ended = _ran(_runner(state, _both(), source=_SOURCE.replace("3600", "60")), started.id)

    assert RunState.FAILED is ended.state
    assert "the workflow changed under the execution" in ended.error["message"]


def test_cancelling_ends_a_sleep() -> None:
    """Without waiting for its end; what would have followed is not done."""
    functions = _both()
    runner = _runner(InMemoryState(), functions, time=WallTime())
    started = runner.runs.start("example", "x", name="n")
    runner.take_up()

    runner.runs.cancel("example", started.id)
    runner.take_up()

    assert runner.wait(started.id, _PATIENCE_S)
    assert RunState.CANCELLED is runner.runs.get("example", started.id).state
    assert "POST /second" not in functions.called()
    assert [] == list(runner.runs.unfinished())


class _Unsteady(InMemoryState):
    """A store that refuses what is written to journals, as long as `is_down`."""

    is_down = True

    def commit(self, writes: Sequence[Write]) -> list[str]:
        """As the port."""
        if self.is_down and any("/journal/" in write.path for write in writes):
            raise DependencyUnavailable("down")
        return super().commit(writes)


def test_an_outage_of_the_store_is_outlasted() -> None:
    """The execution stands still and goes on; nothing that was not noted counts as done."""
    state, functions = _Unsteady(), _both()
    runner = _runner(state, functions)
    started = runner.runs.start("example", "x", name="n")
    assert RunState.ACTIVE is _ran(runner, started.id).state
    state.is_down = False

    assert RunState.SUCCEEDED is _ran(runner, started.id).state
    assert ["POST /first", "POST /first", "POST /second"] == functions.called()


def test_what_cannot_be_returned_is_an_error() -> None:
    """Bytes are no JSON, as documented."""
    runner = _runner(InMemoryState(), _both(), source="main: {steps: [a: {return: '${text.encode(\"a\")}'}]}")
    started = runner.runs.start("example", None, name="n")

    assert ["TypeError"] == _ran(runner, started.id).error["tags"]


def test_a_process_that_is_killed(tmp_path: Path) -> None:
    """Kill -9 in the midst of a call: that call is made again, the one before it is not."""
    reached, calls, killed = threading.Event(), [], threading.Event()

    async def take(request: Received) -> JSONResponse:
        calls.append(request.url.path)
        if request.url.path == "/second" and not killed.is_set():
            reached.set()
            await request.receive()
            await request.receive()  # until the caller is gone
        return JSONResponse(len(calls))

    app = Starlette(routes=[Route("/{name}", take, methods=["POST"])])
    with serve(app, 0) as url, closing(SqliteState(tmp_path / "state.db")) as state, closing(HttpxSender()) as sender:
        runner = crashing_runner(state, url, sender)
        started = runner.runs.start("two_calls", "x", name="n")
        command = [sys.executable, "-m", "tests.integration.workflows.crash_runner", str(tmp_path), url]
        process = subprocess.Popen(command, cwd=Path(__file__).parents[3])
        try:
            assert reached.wait(_PATIENCE_S)
        finally:
            killed.set()
            process.kill()
            process.wait(_PATIENCE_S)
        runner.take_up()
        assert runner.wait(started.id, _PATIENCE_S)
        ended = runner.runs.get("two_calls", started.id)

    assert (RunState.SUCCEEDED, [1, 3]) == (ended.state, ended.result)
    assert ["/first", "/second", "/second"] == calls


@pytest.fixture
def desk() -> CallbackServer:
    """A desk on an empty store."""
    return CallbackServer(StoredCallbacks(InMemoryState(), FrozenClock()))


def test_callbacks_over_http(desk: CallbackServer) -> None:
    """The first request of the method counts; another method, another address and a second request do not."""
    with serve(desk, 0) as desk.url:
        url = desk.open("POST")
        before = desk.received(url)
        wrong = [httpx.get(url).status_code, httpx.post(f"{url}x").status_code]
        first = httpx.post(url, params={"a": "1"}, content=b"yes", headers={"Authorization": "Bearer secret"})
        second = httpx.post(url, content=b"no")

        told = desk.open("PUT")
        httpx.put(told, json={"approves": True})

    received, decoded = desk.received(url), desk.received(told)
    assert decoded is not None
    assert {"approves": True} == decoded["http_request"]["body"]
    assert before is None
    assert ([404, 404], 200, 409) == (wrong, first.status_code, second.status_code)
    assert received is not None
    assert ("yes", "POST", {"a": "1"}) == tuple(received["http_request"][key] for key in ("body", "method", "query"))
    assert "authorization" not in received["http_request"]["headers"]
    with pytest.raises(KeyError):
        desk.received("http://127.0.0.1/elsewhere")
