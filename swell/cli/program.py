"""How the reader can run this program again."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any, Final

_IN_TEXT: Final = re.compile(r"`swell (?=[a-z-])")
_IN_HELP: Final = re.compile(r"(^ *|`)swell (?=[a-z-])", re.MULTILINE)


def program_name() -> str:
    """What to type: `swell` where it is on the path, `./dev swell` in a checkout, else as it was called."""
    if shutil.which("swell"):
        return "swell"
    if Path("dev").is_file():
        return "./dev swell"
    called = Path(sys.argv[0])
    return str(called) if called.name == "swell" and called.is_file() else "python -m swell"


def as_called(text: str) -> str:
    """A text whose commands in backquotes can be typed as they stand."""
    return _IN_TEXT.sub(f"`{program_name()} ", text) if "`swell " in text else text


def help_as_called(command: Any) -> None:
    """Have the help of a command, and of those below it, name commands as they can be typed."""
    name = program_name()
    for each in (command, *command.params):
        if text := getattr(each, "help", None):
            each.help = _IN_HELP.sub(lambda found: f"{found[1]}{name} ", text)
    for below in getattr(command, "commands", {}).values():
        help_as_called(below)
