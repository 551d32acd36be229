"""`swell workflows`, on a data directory."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from shared.adapters.embedded.state import SqliteState
from shared.errors import NotFound
from swell.cli.failure import CommandFailed
from swell.cli.main import app
from swell.local.workflows.reading import read_all
from swell.local.workflows.runner import Surroundings, WorkflowRunner
from tests.builders.workflows import OneCallback
from tests.fakes.clock import FrozenClock
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.workflow_functions import InProcessFunctions, answer
from tests.fakes.workflow_time import VirtualTime

_W = "fail_over_region"
_ARGUMENT = json.dumps({"id": "try-1", "from_region": "europe-west1"})


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[WorkflowRunner]:
    """What `swell up` runs on the directory; one region lives, nothing else answers."""
    with closing(SqliteState(tmp_path / "state.db")) as state:
        clock = FrozenClock(datetime.now(UTC))  # the command reads what has not expired
        functions = InProcessFunctions({"GET /v1/regions/europe-west1": answer({"presence": "live"})})
        variables = {"SWELL_COORDINATION_URL": "http://here"}
        time = VirtualTime(clock)
        around = Surroundings(state, clock, RecordingPublisher(), functions, OneCallback(), variables, time)
        yield WorkflowRunner(read_all(), around)


def _swell(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["workflows", *arguments, "--data", str(tmp_path)], catch_exceptions=False)


def _told(tmp_path: Path, *arguments: str) -> Any:
    result = _swell(tmp_path, *arguments, "--json")
    assert 0 == result.exit_code
    return json.loads(result.stdout)


def test_an_execution_is_started_and_followed(tmp_path: Path, runner: WorkflowRunner) -> None:
    """Its result and its steps are told, as a table and as a document."""
    started = _told(tmp_path, "run", _W, "--argument", _ARGUMENT, "--name", "a")
    runner.take_up()
    assert runner.wait(started["id"], 30)

    shown = _told(tmp_path, "show", _W, started["id"])
    table = _swell(tmp_path, "show", _W, started["id"]).stdout

    assert ("queued", "succeeded") == (started["state"], shown["state"])
    assert {"state": "not_needed", "presence": "live"} == shown["result"]
    assert ["read_input", "detect", "send_request"] == [entry["step"] for entry in shown["steps"]][:3]
    assert "get_from.send_request" in table
    assert "http.get" in table
    assert "not_needed" in table


def test_a_name_starts_once(tmp_path: Path, runner: WorkflowRunner) -> None:
    """Without a name each start is a new one."""
    first, again = (_told(tmp_path, "run", _W, "--argument", _ARGUMENT, "--name", "a")["id"] for _ in range(2))
    other = _told(tmp_path, "run", _W, "--argument", _ARGUMENT)["id"]

    assert first == again != other
    assert {first, other} == {run["id"] for run in _told(tmp_path, "list", _W)["executions"]}
    assert first in _swell(tmp_path, "list", _W).stdout


def test_cancelling(tmp_path: Path, runner: WorkflowRunner) -> None:
    """What has not begun does not begin."""
    started = _told(tmp_path, "run", _W, "--argument", _ARGUMENT)

    assert "cancelled" == _told(tmp_path, "cancel", _W, started["id"])["state"]
    runner.take_up()
    assert runner.wait(started["id"], 30)
    assert [] == _told(tmp_path, "show", _W, started["id"])["steps"]


def test_the_workflows_there_are(tmp_path: Path) -> None:
    """Listed without a server and without a directory."""
    assert _W in [each["name"] for each in _told(tmp_path, "list")["workflows"]]
    assert _W in _swell(tmp_path, "list").stdout


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """A directory without Swell, an execution that is none, an argument that is no JSON."""
    with pytest.raises(CommandFailed, match="holds no Swell"):
        _swell(tmp_path, "list", _W)
    with closing(SqliteState(tmp_path / "state.db")), pytest.raises(NotFound, match="no execution 'x'"):
        _swell(tmp_path, "show", _W, "x")
    assert 2 == _swell(tmp_path, "run", _W, "--argument", "{").exit_code


def test_a_start_says_how_it_is_followed(tmp_path: Path) -> None:
    """With the directory that it was started in."""
    with closing(SqliteState(tmp_path / "state.db")):
        said = _swell(tmp_path, "run", _W, "--argument", _ARGUMENT).stdout

    assert f"swell workflows show {_W} " in said
    assert said.endswith(f" --data {tmp_path}`.\n")
