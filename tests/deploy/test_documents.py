"""What the documents point at is there."""

import re
from pathlib import Path

import pytest

from shared.topology.loading import TOPOLOGY_FILE
from swell.deploy.serving_table import PAGE, with_table

ROOT = TOPOLOGY_FILE.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.joinpath("docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
OURS = re.compile(
    r"`((?:functions|shared|swell|tests|tools|docs|benchmarks|examples|terraform|workflows)/[\w./-]*\w/?|\.?/?dev)`"
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    """A relative link names a file or folder of this repository."""
    links = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_in_the_text_exists(document: Path) -> None:
    """A path in backquotes names a file or folder of this repository."""
    paths = [path for path in OURS.findall(document.read_text(encoding="utf-8")) if "<" not in path]

    assert [path for path in paths if not (ROOT / path).exists()] == []


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
