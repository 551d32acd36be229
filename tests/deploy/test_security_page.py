"""docs/security.md names tests and files that exist."""

import re

import pytest

from shared.topology.loading import TOPOLOGY_FILE

_ROOT = TOPOLOGY_FILE.parent
_PAGE = (_ROOT / "docs" / "security.md").read_text()
_ROWS = [line for line in _PAGE.splitlines() if line.startswith("| ") and "::" in line]


@pytest.mark.parametrize("row", _ROWS, ids=range(len(_ROWS)))
def test_what_shows_it_exists(row: str) -> None:
    """The test by its name, and where the threat is stopped."""
    *_, places, test, _ = (cell.strip() for cell in row.split("|"))
    file, _, name = test.partition("::")

    assert f"def {name}(" in (_ROOT / file).read_text()
    assert [] == [place for place in re.findall(r"`([^`]+)`", places) if not (_ROOT / place).exists()]
