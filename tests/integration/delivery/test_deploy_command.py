"""`swell deploy` as an operator uses it, without Google."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from shared.errors import InvalidRequest
from swell.cli.failure import CommandFailed
from swell.cli.main import app

IMAGE = "r-docker.pkg.dev/p/swell/swell@sha256:" + "a" * 64


def test_a_plan_names_every_place_and_asks_nobody() -> None:
    """As a document for programs."""
    done = CliRunner().invoke(app, ["deploy", "plan", "--image", IMAGE, "--function", "query", "--json"])

    plan = orjson.loads(done.stdout)
    assert [10, 50, 100] == plan["shares_percent"]
    assert [1, 2, 3, 4] == [wave["wave"] for wave in plan["waves"]]
    assert {"query-aaaaaaaaaaaa"} == {place["revision"] for wave in plan["waves"] for place in wave["places"]}


@pytest.mark.parametrize("command", ["canary", "rollback"])
def test_nothing_is_done_unless_it_is_asked_for(command: str) -> None:
    """The dry run is the default, and says so; no client of Google is even made."""
    image = ["--image", IMAGE] if command == "canary" else []

    done = CliRunner().invoke(app, ["deploy", command, "--project", "p", "--function", "query", *image])

    assert 0 == done.exit_code, done.output
    assert "Nothing was done: --apply does it." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan"], "one of --image and --images"),
        (["plan", "--image", IMAGE, "--function", "nonesuch"], "--function: got 'nonesuch', allowed: ingest"),
        (["canary", "--project", "p", "--image", IMAGE, "--wave", "9"], "--wave: got 9, allowed: 1 to 4"),
        (["rollback", "--project", "p", "--region", "mars"], "--region: got 'mars', allowed: us-central1"),
    ],
    ids=["no image", "function", "wave", "region"],
)
def test_what_is_wrong_is_named(arguments: list[str], said: str) -> None:
    """With what is allowed."""
    done = CliRunner().invoke(app, ["deploy", *arguments])

    assert isinstance(done.exception, CommandFailed)
    assert said in str(done.exception)


def test_an_image_by_tag_is_refused() -> None:
    """A tag can come to mean something else between two waves."""
    done = CliRunner().invoke(app, ["deploy", "plan", "--image", "r-docker.pkg.dev/p/swell/swell:latest"])

    assert isinstance(done.exception, InvalidRequest)
    assert "sha256" in str(done.exception)


def test_a_weakness_that_could_be_mended_stops(tmp_path: Path) -> None:
    """And passes where a lesser severity is asked for."""
    issue = {"affectedPackage": "zlib", "fixedVersion": {"kind": "NORMAL", "fullName": "1.3.1"}}
    occurrence = {"noteName": "n/CVE-1", "vulnerability": {"severity": "HIGH", "packageIssue": [issue]}}
    report = tmp_path / "report.json"
    report.write_bytes(orjson.dumps([occurrence]))

    stopped = CliRunner().invoke(app, ["deploy", "scan", str(report)])
    passed = CliRunner().invoke(app, ["deploy", "scan", str(report), "--severity", "CRITICAL"])

    assert "1 of 1 weaknesses stop the delivery" in str(stopped.exception)
    assert "1.3.1" in stopped.stdout
    assert 0 == passed.exit_code
