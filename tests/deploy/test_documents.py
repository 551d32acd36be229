"""What the documents point at is there."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.rehearsal import claims
from shared.topology.loading import TOPOLOGY_FILE
from swell.deploy.serving_table import PAGE, with_table

ROOT = TOPOLOGY_FILE.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.joinpath("docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ANCHOR = re.compile(r"\]\(([^)#\s]*)#([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
PYTEST = re.compile(r"^\.venv/bin/pytest (\S+)(?: -k (\w+))?$", re.MULTILINE)
OURS = re.compile(
    r"`((?:functions|shared|swell|tests|tools|docs|benchmarks|examples|terraform|workflows)/[\w./-]*\w/?|\.?/?dev)`"
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    """A relative link names a file or folder of this repository."""
    links = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]

    assert [link for link in links if not (document.parent / link).exists()] == []


def anchors(page: str) -> set[str]:
    """What its headings are called in links, as GitHub has it: lower case, hyphens for spaces, no punctuation."""
    headings = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in HEADING.findall(FENCED.sub("", page))]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_anchor_is_a_heading(document: Path) -> None:
    """A link into a page leads to one of its headings."""
    links = [link for link in ANCHOR.findall(document.read_text(encoding="utf-8")) if "://" not in link[0]]
    pages = {name: document.parent / name if name else document for name, _ in links}
    found = {name: anchors(page.read_text(encoding="utf-8")) for name, page in pages.items() if page.suffix == ".md"}

    assert [f"{name}#{anchor}" for name, anchor in links if name in found and anchor not in found[name]] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_in_the_text_exists(document: Path) -> None:
    """A path in backquotes names a file or folder of this repository."""
    paths = [path for path in OURS.findall(document.read_text(encoding="utf-8")) if "<" not in path]

    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_table_ends_before_the_text_goes_on(document: Path) -> None:
    """Without an empty line between them, what follows a table becomes a row of it."""
    lines = FENCED.sub("", document.read_text(encoding="utf-8")).splitlines()

    assert [
        after for row, after in pairwise(lines) if row.startswith("|") and after and not after.startswith(("|", "<!--"))
    ] == []


def test_the_commands_that_run_one_test_find_it() -> None:
    """Paths of pytest commands are there, and what -k names is in the name of a test."""
    commands = PYTEST.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    tests = {
        path: re.findall(r"^def (test_\w+)", (ROOT / path).read_text("utf-8"), re.MULTILINE) for path, _ in commands
    }

    assert len(commands) == 2
    assert [path for path, word in commands if not any(word in name for name in tests[path])] == []


def test_every_decision_is_in_the_log() -> None:
    """The log lists each decision, and its pages carry their number."""
    folder = ROOT / "docs" / "decisions"
    log = (folder / "README.md").read_text(encoding="utf-8")

    for page in sorted(folder.glob("0*.md")):
        assert f"({page.name})" in log
        assert page.read_text(encoding="utf-8").startswith(f"# {page.name[:4]} · ")


def test_the_table_of_serving_modes_is_that_of_the_code() -> None:
    """`python -m swell.deploy.serving_table` writes it."""
    page = PAGE.read_text(encoding="utf-8")

    assert with_table(page) == page


def test_the_claims_are_reckoned_by_the_code() -> None:
    """`python -m benchmarks.rehearsal.claims` writes their table."""
    page = claims.PAGE.read_text(encoding="utf-8")

    assert claims.with_table(page) == page
