"""Every command of `swell` that a page names is one, and has the options that it is shown with."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from typer.main import get_command

from shared.topology.loading import TOPOLOGY_FILE
from swell.cli.default_command import DEFAULT, DefaultCommandGroup
from swell.cli.main import app

ROOT: Final = TOPOLOGY_FILE.parent
PAGES: Final = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("*/README.md"), *ROOT.glob("docs/*.md")]
)
FENCED: Final = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE: Final = re.compile(r"`((?:\./dev )?swell [^`\n]+|\./dev (?:bench|demo|up) ?[^`\n]*)`")
LINE: Final = re.compile(
    r"^(?:\$ )?(?:[A-Z_]+=\S+ )*((?:\./dev )?swell .+|\./dev (?:bench|demo|up)\b.*)$", re.MULTILINE
)
END: Final = re.compile(r"\s{2,}|\s#|\s?[|>;]")
"""Behind it comes what a page says of the command, or another command."""
OPTION: Final = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
PLACEHOLDER: Final = ("-", "…", "{")
PROGRAM: Final = get_command(app)


def commands(page: str) -> Iterator[str]:
    """The commands in its text and in its blocks."""
    yield from INLINE.findall(FENCED.sub("", page))
    for block in FENCED.findall(page):
        yield from LINE.findall(block)


def problems(text: str) -> list[str]:
    """The words of a command that `swell` does not know."""
    line = END.split(text.strip())[0]
    words = re.sub(r"^(\./dev swell|\./dev|swell) ?", "", line).split()
    command: Any = PROGRAM
    while words and hasattr(command, "commands"):
        if words[0] in command.commands:
            command = command.commands[words.pop(0)]
        elif isinstance(command, DefaultCommandGroup):
            command = command.commands[DEFAULT]
        elif words[0].startswith(PLACEHOLDER):
            break
        else:
            return [f"{words[0]} in {line}"]
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    return [f"{option} in {line}" for option in OPTION.findall(line) if option not in known | {"--help"}]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_names_no_command_that_is_not_there(page: Path) -> None:
    """Neither a command nor an option."""
    assert [problem for text in commands(page.read_text(encoding="utf-8")) for problem in problems(text)] == []


def test_what_is_not_there_is_found() -> None:
    """Groups, commands, options; a scenario needs no word before it."""
    page = "`swell calendars list` `swell plan --loud` `swell rehearse balanced`\n```\n./dev swell budget sett #\n```\n"

    found = [problem for text in commands(page) for problem in problems(text)]

    assert found == [
        "calendars in swell calendars list",
        "--loud in swell plan --loud",
        "sett in ./dev swell budget sett",
    ]
