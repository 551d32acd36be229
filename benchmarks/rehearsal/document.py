"""What commands print, in docs/rehearsal.md: `python -m benchmarks.rehearsal.document [WORD …]` runs them again.

A block that follows `<!-- swell … -->` is what that command prints. Words choose the commands that have all of them;
without a word every one is run but those that measure this machine: `calibrate` has to be asked for.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.analysis import exit_codes
from benchmarks.rehearsal.rehearse import CHECKOUT

PAGE: Final = CHECKOUT / "docs" / "rehearsal.md"
MEASURED: Final = "calibrate"
_BLOCK: Final = re.compile(
    r"(?P<head><!-- (?P<command>swell [^\n]*?) -->\n```\n).*?(?P<tail>^```$)", re.MULTILINE | re.DOTALL
)


def commands(page: str) -> list[str]:
    """The commands whose output a page shows, in its order."""
    return [found["command"] for found in _BLOCK.finditer(page)]


def printed_again(page: str, words: Sequence[str], printed: Callable[[str], str]) -> str:
    """The page with what the chosen commands print now."""

    def block(found: re.Match[str]) -> str:
        command = found["command"]
        if not is_chosen(command, words):
            return found[0]
        lines = [line.rstrip() + "\n" for line in printed(command).strip("\n").splitlines()]
        return found["head"] + "".join(lines) + found["tail"]

    return _BLOCK.sub(block, page)


def is_chosen(command: str, words: Sequence[str]) -> bool:
    """Whether a command has all of the words; without any, whether it simulates."""
    return all(word in command for word in words) if words else MEASURED not in command


def _printed(command: str) -> str:
    name, *arguments = command.split()
    program = Path(sys.executable).with_name(name)
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode not in (exit_codes.KEPT, exit_codes.BROKEN):
        raise SystemExit(f"{command}: exit code {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    PAGE.write_text(printed_again(PAGE.read_text("utf-8"), sys.argv[1:], _printed), "utf-8")
