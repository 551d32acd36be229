"""`swell rehearse`: a scenario's name is enough, and what is not there is said."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.rehearsal.telling import in_brief, what_to_change
from benchmarks.scenarios.catalog import BadScenario
from swell.cli.failure import CommandFailed
from swell.cli.main import app
from tests.builders.rehearsals import small_run


def test_without_a_name_it_lists_what_there_is() -> None:
    """One line a scenario."""
    result = CliRunner().invoke(app, ["rehearse"])

    assert result.exit_code == 0
    assert "world-cup-final" in result.output


def test_a_scenario_is_played_by_its_name_alone(tmp_path: Path) -> None:
    """No word stands between the command and the scenario; options follow."""
    script = tmp_path / "script.js"

    result = CliRunner().invoke(app, ["rehearse", "burst-10x", "--k6", str(script)])

    assert result.exit_code == 0
    assert "ramping-arrival-rate" in script.read_text("utf-8")


def test_an_unknown_scenario_is_told() -> None:
    """A sentence, no traceback of the simulator's."""
    unknown = CliRunner().invoke(app, ["rehearse", "no-such-crowd"])

    assert isinstance(unknown.exception, BadScenario)


def test_the_arithmetic_is_json_too() -> None:
    """One document, and it says that it is simulated."""
    result = CliRunner().invoke(app, ["rehearse", "arithmetic", "--streams", "500000000", "--json"])

    found = json.loads(result.output)
    assert found["simulated"] is True
    assert found["needs"][0]["queries_per_s"] == 50_000


def test_a_quantile_that_no_forecast_has_is_refused() -> None:
    """What is allowed is named."""
    result = CliRunner().invoke(app, ["rehearse", "burst-10x", "--event-quantile", "0.7"])

    assert isinstance(result.exception, CommandFailed)
    assert "0.95" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--k6", "s.js"], "--k6"),
        (["burst-10x", "--all"], "SCENARIO"),
        (["--all", "--html", "r.html"], "--html"),
        (["burst-10x", "--against", "reactive", "--html", "r.html"], "--html"),
        (["burst-10x", "--k6", "s.js", "--against", "reactive"], "--against"),
    ],
)
def test_what_would_be_passed_over_is_refused(
    arguments: list[str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that somebody asked for is not left out without a word; nothing is played or written."""
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(app, ["rehearse", *arguments])

    assert result.exit_code == 2
    assert f"'{named}'" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_run_in_brief_names_what_it_did_not_keep() -> None:
    """Beside its numbers; and where nothing is to be changed, that is said."""
    run = small_run()
    broken = [one.name for one in run.objectives if one.met is False]

    brief = in_brief(run)

    assert (brief["scenario"], brief["not_kept"], brief["survived"]) == (run.meta.scenario, broken, not broken)
    assert len(what_to_change(run)) == max(1, len(run.summary.advice))
