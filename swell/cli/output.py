# ruff: noqa: PLC0415 - rich and orjson are imported when there is something to print: `swell --help` stays quick
"""What commands print: JSON or tables on stdout, everything else on stderr."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from swell.cli.program import as_called

if TYPE_CHECKING:
    from rich.console import Console

Align = Literal["left", "right"]


def print_json(document: Any) -> None:
    """One JSON document on stdout, indented for a reader."""
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
    sys.stdout.write(orjson.dumps(document, option=options).decode() + "\n")
    sys.stdout.flush()


def print_table(columns: Mapping[str, Align], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout; long values are folded, never cut."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for header, align in columns.items():
        table.add_column(header, justify=align, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    stdout_console().print(table)


def say(text: str = "") -> None:
    """One line for the reader on stdout; commands in backquotes are told as they can be typed here."""
    sys.stdout.write(as_called(text) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """One line about the work on stderr; commands in it as in `say`."""
    sys.stderr.write(as_called(text) + "\n")
    sys.stderr.flush()


def stdout_console() -> "Console":
    """Rich output; a pipe or file gets lines as long as they need to be."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def stderr_console() -> "Console":
    """Where progress goes."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def human_size(size_bytes: int) -> str:
    """A size as people say it."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:,.1f} {unit}"
    return f"{size_bytes} B"
