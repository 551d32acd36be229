"""The page of the client says what is so: its examples run, in their order."""

import re
from pathlib import Path
from typing import Any

from shared.topology.loading import TOPOLOGY_FILE
from swell.local.embedded import run_embedded

PAGE = TOPOLOGY_FILE.parent / "docs" / "client.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_examples_run(tmp_path: Path) -> None:
    """Each sees the names of those before it, as a reader does."""
    page = PAGE.read_text(encoding="utf-8")
    examples = list(EXAMPLE.finditer(page))

    with run_embedded(tmp_path) as running:
        names: dict[str, Any] = {"url": running.url}
        for example in examples:
            line = page[: example.start(1)].count("\n")
            exec(compile("\n" * line + example[1], str(PAGE), "exec"), names)  # noqa: S102 - our own page

    assert len(examples) >= 8
