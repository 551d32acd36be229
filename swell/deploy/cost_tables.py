"""Writes what a month costs into docs/deployment.md: `python -m swell.deploy.cost_tables`."""

import re
from contextlib import redirect_stdout
from io import StringIO
from typing import Final

from shared.topology.loading import TOPOLOGY_FILE
from swell.cli.deploy_costs import costs

PAGE: Final = TOPOLOGY_FILE.parent / "docs" / "deployment.md"
_TABLE: Final = re.compile(r"^(\$ \./dev swell deploy costs (dev|prod)\n).*?^```$", re.MULTILINE | re.DOTALL)


def with_tables(page: str) -> str:
    """The page with what `swell deploy costs` prints now."""
    return _TABLE.sub(lambda found: f"{found[1]}{_printed(found[2])}```", page)


def _printed(environment: str) -> str:
    out = StringIO()
    with redirect_stdout(out):
        costs("prod" if environment == "prod" else "dev", tick_s=1.0)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
