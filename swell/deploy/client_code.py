"""Makes the synchronous client from the asynchronous one: `python -m swell.deploy.client_code`."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from shared.topology.loading import TOPOLOGY_FILE

SOURCES: Final = Path("swell/client/aio")
TARGETS: Final = Path("swell/client")
_BY_HAND: Final = {"__init__.py", "racing.py", "side_by_side.py"}
_NOTE: Final = "# Made from {source} by python -m swell.deploy.client_code: change that file.\n"
_RULES: Final = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\basync (?=def|with|for)", ""),
        (r"\bawait ", ""),
        (r"\bAwaitable\[None\]", "None"),
        (r"\bAwaitable\[(\w+)\]", r"\1"),
        (r"\bAsync(?=[A-Z])", ""),
        (r"\basyncio\b", "time"),
        (r"\baclose\b", "close"),
        (r"\baread\b", "read"),
        (r"\baiter_lines\b", "iter_lines"),
        (r"\b__aenter__\b", "__enter__"),
        (r"\b__aexit__\b", "__exit__"),
        (r"\bswell\.client\.aio\b", "swell.client"),
    )
]


def modules(root: Path) -> list[str]:
    """The names of the modules that are made."""
    return sorted(path.name for path in (root / SOURCES).glob("*.py") if path.name not in _BY_HAND)


def generated(root: Path, module: str) -> str:
    """The synchronous module as it must be: what is awaited is called, and nothing else differs.

    Raises:
        CalledProcessError: the outcome is not Python; ruff has said why.
    """
    code = (root / SOURCES / module).read_text(encoding="utf-8")
    for pattern, replacement in _RULES:
        code = pattern.sub(replacement, code)
    code = _NOTE.format(source=SOURCES / module) + code
    name = str(root / TARGETS / module)
    for command in (["check", "--select", "I,F401,UP034", "--fix-only", "--quiet"], ["format", "--quiet"]):
        arguments = [sys.executable, "-m", "ruff", *command, "--stdin-filename", name, "-"]
        done = subprocess.run(arguments, input=code, capture_output=True, text=True, check=True, cwd=root)  # noqa: S603
        code = done.stdout
    return code


if __name__ == "__main__":
    ROOT = TOPOLOGY_FILE.parent
    for changed in modules(ROOT):
        (ROOT / TARGETS / changed).write_text(generated(ROOT, changed), encoding="utf-8")
    sys.exit(0)
