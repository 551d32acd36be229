"""Every command of docs/runbook.md works: blocks of `bash` are executed, in order, against two regions on this machine.

Those that need Google (`gcloud`) or take minutes (`minutes`) are checked for the spelling of commands and options.
"""

import contextlib
import json
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from typer.testing import CliRunner

from shared.topology.loading import TOPOLOGY_FILE
from swell.cli.main import app
from swell.local.region_choice import RegionOptions
from swell.local.regional import run_regions
from tests.deploy.gcloud_reference import problems, recorded

RUNBOOK: Final = TOPOLOGY_FILE.parent / "docs" / "runbook.md"
WITHIN_S: Final = 60.0
DATA: Final = Path(".swell/data")
"""What commands take for the data directory where they are not told another."""

BLOCK: Final = re.compile(r"^#+ (?P<heading>[^\n]+)$|^```(?P<tag>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """The fenced blocks of a page: the heading they stand under, their tag, their commands."""
    heading = ""
    for found in BLOCK.finditer(text):
        if found["heading"]:
            heading = found["heading"]
        else:
            lines = found["body"].replace("\\\n", " ").splitlines()
            yield heading, found["tag"], [line for line in lines if line.strip() and not line.startswith("#")]


def failures(text: str) -> list[str]:
    """Run what is `bash`, in order, in this folder, a line that comes again once; what failed, and why."""
    failed: list[str] = []
    done: set[str] = set()
    for heading, tag, lines in blocks(text):
        for line in lines:
            if tag != "bash" or line in done:
                continue
            done.add(line)
            program, *arguments = shlex.split(line, comments=True)
            result = CliRunner().invoke(app, arguments, prog_name="swell") if program == "swell" else None
            if result is None:
                failed.append(f"{heading}: {line}: only `swell` is run")
            elif result.exit_code != 0:
                failed.append(f"{heading}: {line}: {result.output.strip()[-300:]} {result.exception!r}")
    return failed


def endings(workflow: str) -> list[str]:
    """How the executions that were started ended."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        listed = CliRunner().invoke(app, ["workflows", "list", workflow, "--json"])
        states = [execution["state"] for execution in json.loads(listed.stdout)["executions"]]
        if not {"active", "queued"} & set(states):
            return states
        assert time.monotonic() < deadline, f"{workflow} goes on after {WITHIN_S:.0f} s"
        time.sleep(0.1)


@pytest.fixture
def operators_place(tmp_path: Path) -> Iterator[str]:
    """A folder with two regions in .swell/data, which hold a collection; the address of their front door."""
    with contextlib.chdir(tmp_path), run_regions(tmp_path / DATA, options=RegionOptions(2)) as running:
        records = [{"id": f"film-{number}", "vector": [1.0, float(number), 0.5]} for number in range(20)]
        with httpx.Client(base_url=running.url, timeout=60) as http:
            http.put("/v1/collections/films", json={"dimension": 3}).raise_for_status()
            body = {"records": records, "wait": "committed"}
            http.post("/v1/collections/films/upsert", json=body).raise_for_status()
        yield running.url


def test_every_command_works(operators_place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the page, as an operator would follow it; a command that is wrong is found."""
    monkeypatch.setenv("SWELL_URL", operators_place)

    assert failures("# Wrong\n```bash\nswell regions show atlantis\n```\n") != []
    assert failures(RUNBOOK.read_text(encoding="utf-8")) == []
    assert [endings(workflow) for workflow in ("fail_over_region", "roll_out_index")] == [["succeeded"], ["succeeded"]]


def test_what_is_not_run_is_spelled_right() -> None:
    """Commands of gcloud and their options are those of its own table; of `swell`, those that it has."""
    page = list(blocks(RUNBOOK.read_text(encoding="utf-8")))

    assert {tag for _, tag, _ in page} <= {"bash", "gcloud", "minutes"}
    assert [line for _, tag, lines in page if tag == "gcloud" for line in lines if not _is_of_gcloud(line)] == []
    assert [line for _, tag, lines in page if tag == "minutes" for line in lines if not _is_of_swell(line)] == []
    assert not _is_of_gcloud("gcloud run service describe query")
    assert not _is_of_swell("swell rehearse calendar --loud")


def _is_of_gcloud(line: str) -> bool:
    return problems(line, recorded()) == []


def _is_of_swell(line: str) -> bool:
    program, *arguments = shlex.split(line, comments=True)
    asked = CliRunner().invoke(app, [*arguments, "--help"], prog_name="swell")
    options = {word.split("=")[0] for word in arguments if word.startswith("--")}
    return program == "swell" and asked.exit_code == 0 and all(option in asked.output for option in options)
