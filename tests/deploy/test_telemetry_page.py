"""The table of metrics is whole."""

import re

from shared.topology.loading import TOPOLOGY_FILE

ROOT = TOPOLOGY_FILE.parent
DECLARED = re.compile(r'\b(?:Counter|Gauge|Histogram)\(\s*"(swell_\w+)"')


def test_every_family_is_in_the_table_and_nothing_else() -> None:
    """An operator who reads the page knows what there is."""
    sources = [path for folder in ("functions", "shared") for path in (ROOT / folder).rglob("*.py")]
    declared = {name for path in sources for name in DECLARED.findall(path.read_text(encoding="utf-8"))}
    page = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")

    listed = set(re.findall(r"^\| `(swell_\w+)` \|", page, re.MULTILINE))

    assert declared == listed
