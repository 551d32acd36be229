"""`swell report-run`: every form of a record, and how it ends."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from benchmarks.rehearsal.record_file import write_run
from benchmarks.rehearsal.result import Entry, Objective, Run
from benchmarks.reports.printing import BROWSERS, NotPrinted
from swell.cli.failure import CommandFailed
from swell.cli.main import app
from tests.builders.rehearsals import small_run

CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
KINDS = {".md": "md", ".html": "html", ".xml": "junit"}
CHILDREN = {"testsuite": {"testcase"}, "testcase": {"skipped", "error", "failure", "system-out"}}
"""Of the XML that Jenkins takes, as far as it is used here."""
NEEDED = {"testsuite": {"name", "tests", "failures", "skipped", "errors"}, "testcase": {"name", "classname"}}


def report_run(run: Run, directory: Path, *options: str) -> Result:
    """The command on a record of this run."""
    record = directory / "run.json"
    write_run(run, record)
    return CliRunner().invoke(app, ["report-run", str(record), *options])


def promising(limit_ms: float) -> Run:
    """A run that answers in 10 ms, which is promised or not."""
    return replace(small_run(), objectives=(Objective("p99_ms", limit_ms, "at_most", 10.0, met=None),))


def test_every_form_is_written(tmp_path: Path) -> None:
    """Each of them says what was simulated; the page is whole in itself."""
    files = [tmp_path / name for name in ("run.md", "run.html", "run.xml")]

    happened = (Entry(1_784_484_060.0, "calendar", "A final: begins"), Entry(1_784_484_060.0, "routing", "spills"))
    run = replace(small_run(), timeline=happened)

    result = report_run(
        run, tmp_path, *(part for file in files for part in (f"--{KINDS[file.suffix]}", str(file))), "--json"
    )

    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert (True, "kept", 0, 100) == (
        document["simulated"],
        document["verdict"],
        document["exit_code"],
        document["score"]["points"],
    )
    assert ["calendar"] == [one["kind"] for one in document["events"]]
    assert "minute 1, calendar: A final: begins" in files[0].read_text("utf-8")
    assert all("SIMULATED" in file.read_text("utf-8") for file in files)
    assert "src=" not in files[1].read_text("utf-8")


@pytest.mark.parametrize(
    ("run", "exit_code", "verdict"),
    [
        pytest.param(promising(50.0), 0, "kept", id="kept"),
        pytest.param(promising(5.0), 99, "broken", id="broken"),
        pytest.param(small_run([0.1] * 9), 98, "not proven", id="few"),
        pytest.param(small_run([0.0] * 9), 97, "invalid", id="idle"),
    ],
)
def test_the_exit_code_is_the_verdict(run: Run, exit_code: int, verdict: str, tmp_path: Path) -> None:
    """In the text, too; JUnit counts what it lists, in the elements that its readers know."""
    written = tmp_path / "run.xml"

    result = report_run(run, tmp_path, "--junit", str(written))

    assert (exit_code, True) == (result.exit_code, f"Verdict: **{verdict}**" in result.output)
    suite = ET.parse(written).getroot()  # noqa: S314 - made here
    assert_junit(suite)
    of_each = {name: len(suite.findall(f"testcase/{name}")) for name in ("failure", "skipped", "error")}
    assert of_each == {
        "failure": len(run.objectives) * (exit_code == 99),
        "skipped": len(run.objectives) * (exit_code == 98),
        "error": len(run.objectives) * (exit_code == 97),
    }


def assert_junit(suite: ET.Element) -> None:
    """Nothing else than JUnit's elements, with what they must have, and counts that are right."""
    assert suite.tag == "testsuite"
    for element in suite.iter():
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        assert set(element.attrib) >= NEEDED.get(element.tag, set())
    counts = {"tests": "testcase", "failures": "testcase/failure", "skipped": "testcase/skipped"}
    assert all(suite.get(name) == str(len(suite.findall(path))) for name, path in counts.items())


def test_worse_than_the_record_before_is_a_regression(tmp_path: Path) -> None:
    """Kept, but five times as slow."""
    before = tmp_path / "before.json"
    run = small_run()
    assert run.summary.latency is not None
    latency = replace(run.summary.latency, bounds_ms=(1.0, 2.0, 4.0))
    write_run(replace(run, summary=replace(run.summary, p99_ms=2.0, latency=latency)), before)

    result = report_run(run, tmp_path, "--against", str(before))

    assert result.exit_code == 96, result.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"no json", "JSON"),
        (b"{}", "meta"),
        (b'{"format": "swell-rehearsal/9"}', "format: got 'swell-rehearsal/9', allowed: 'swell-rehearsal/1'"),
    ],
    ids=["none", "text", "empty", "another"],
)
@pytest.mark.parametrize("command", [["report-run"], ["dashboard", "--port", "0", "--run"]], ids=["report", "page"])
def test_what_is_no_record_is_refused(content: bytes | None, said: str, command: Sequence[str], tmp_path: Path) -> None:
    """A sentence with the file and what is wrong in it; neither a report nor a server begins."""
    record = tmp_path / "run.json"
    if content is not None:
        record.write_bytes(content)

    result = CliRunner().invoke(app, [*command, str(record)])

    assert isinstance(result.exception, CommandFailed)
    assert result.exception.code == "unreadable_run"
    assert said in str(result.exception)
    assert 1 == str(result.exception).count(str(record))


@pytest.mark.parametrize("option", ["--html", "--md", "--junit", "--pdf"])
@pytest.mark.parametrize(("name", "said"), [("none/run", "a directory that is there"), (".", "which is a directory")])
def test_what_cannot_be_written_is_refused_first(option: str, name: str, said: str, tmp_path: Path) -> None:
    """A wrong usage, told before the record is read."""
    result = CliRunner().invoke(app, ["report-run", "no record", option, str(tmp_path / name)])

    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_a_record_of_another_scenario_is_not_compared(tmp_path: Path) -> None:
    """It is told in what they differ."""
    other = tmp_path / "other.json"
    run = small_run()
    write_run(replace(run, meta=replace(run.meta, scenario="another")), other)

    result = report_run(run, tmp_path, "--against", str(other))

    assert isinstance(result.exception, CommandFailed)
    assert "scenario: got small" in str(result.exception)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: it prints the page")
def test_the_page_is_printed(tmp_path: Path) -> None:
    """A whole PDF with pages and text, whose title says SIMULATED."""
    written = tmp_path / "run.pdf"

    result = report_run(promising(5.0), tmp_path, "--pdf", str(written))

    assert result.exit_code == 99
    content = written.read_bytes()
    assert (b"%PDF-", b"%%EOF") == (content[:5], content.rstrip()[-5:])
    assert b"/Title (SIMULATED: A small crowd)" in content
    assert len(re.findall(rb"/Type\s*/Page\b", content)) >= 1
    assert b"/ToUnicode" in content


@pytest.mark.parametrize(
    ("program", "said"), [(None, "needs one of chromium"), ("exit 0", "made no PDF"), ("exit 9", "made no PDF")]
)
def test_what_cannot_be_printed_is_told(
    program: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No browser, one that writes nothing, one that fails."""
    if program is not None:
        (tmp_path / "chromium").write_text(f"#!/bin/sh\n{program}\n")
        (tmp_path / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    result = report_run(small_run(), tmp_path, "--pdf", str(tmp_path / "run.pdf"))

    assert isinstance(result.exception, NotPrinted)
    assert said in str(result.exception)
