"""Commands that documents and builds name are there: those of gcloud by its own table, those of `swell` by itself."""

import re
import shlex
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from swell.cli.main import app
from swell.deploy import cost_tables
from tests.deploy.gcloud_reference import PAGES, ROOT, commands_in, installed, options_of, problems, recorded

GUIDES: Final = [ROOT / "docs" / name for name in ("deployment.md", "delivery.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_gcloud_takes_what_is_written(page: Path) -> None:
    """Each command is one of gcloud's, each option one of the command's."""
    lines = list(commands_in(page.read_text(encoding="utf-8")))

    assert [found for line in lines for found in problems(line, recorded())] == []


def test_what_gcloud_does_not_take_is_found() -> None:
    """A command, an option, a value where none belongs, in a block, in the text, behind a pipe."""
    page = """
gcloud projects make x
Then `gcloud projects describe x --loud`.
printf x | gcloud secrets versions add s --datafile=-
gcloud storage buckets update gs://x --versioning=yes && gcloud run services list
# gcloud run services list --order-by=name
"""
    found = [problem for line in commands_in(page) for problem in problems(line, recorded())]

    assert found == [
        "no such command: gcloud projects make x",
        "projects describe: no option --loud",
        "secrets versions add: no option --datafile",
        "storage buckets update: --versioning takes no value",
        "run services list: no option --order-by",
    ]


def test_the_record_is_what_gcloud_says() -> None:
    """Where the version is installed that was recorded; `python -m tests.deploy.gcloud_reference` records another."""
    here, record = installed(), recorded()
    if here is None or here["version"] != record["version"]:
        pytest.skip(f"gcloud {record['version']} is not installed")

    assert {name: options_of(here["tree"], name) for name in record["commands"]} == record["commands"]
    assert here["tree"]["flags"] == record["global"]


def _swell_commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found = re.findall(r"(?:^|[|] |\$ )(?:\./dev )?(swell .*)$", "\n".join(blocks), re.MULTILINE)
    return sorted({line.partition("  #")[0].rstrip() for line in found})


@pytest.mark.parametrize("line", [line for page in GUIDES for line in _swell_commands(page)])
def test_swell_takes_what_is_written(line: str) -> None:
    """Each command of the guides is one of `swell`, with options that it has."""
    words = shlex.split(line.replace("$(", "'$(").replace(')"', ")'\""))[1:] if "$(" in line else shlex.split(line)[1:]

    asked = CliRunner().invoke(app, [*words, "--help"], prog_name="swell")

    assert asked.exit_code == 0, asked.output
    assert [word for word in words if word.startswith("--") and word.partition("=")[0] not in asked.output] == []


def test_the_guide_s_amounts_are_those_that_are_reckoned() -> None:
    """`python -m swell.deploy.cost_tables` writes them."""
    page = cost_tables.PAGE.read_text(encoding="utf-8")

    assert cost_tables.with_tables(page) == page
    assert page.count("\n        in all  ") == 2
