"""Options that several commands share."""

import os
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_PORT = 8080
DEFAULT_DATA = Path(".swell/data")
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"


def _has_scheme(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter(f"got {url!r}, allowed: a URL that begins with http:// or https://")
    return url


def part_of_a_path(given: str | None) -> str | None:
    """Of an id that a URL names: with a slash in it, the URL would name something else."""
    if given is not None and (not given or set(given) & set("/?#")):
        raise typer.BadParameter(f"got {given!r}, allowed: an id without / ? #")
    return given


def can_be_written(path: Path | None) -> Path | None:
    """Of an option that names a file to write: refused before the work that it is to keep."""
    if path is None:
        return None
    if path.is_dir():
        raise typer.BadParameter(f"got {path}, which is a directory, allowed: a file")
    if not path.absolute().parent.is_dir():
        raise typer.BadParameter(f"got {path}, allowed: a file in a directory that is there")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise typer.BadParameter(f"got {path}, which may not be written")
    return path


Url = Annotated[
    str,
    typer.Option("--url", envvar="SWELL_URL", callback=_has_scheme, metavar="URL", help="The server to talk to."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else.")]
Emulators = Annotated[
    bool, typer.Option("--emulators", help="Run on Google's emulators, each function in its own process.")
]
Collection = Annotated[str, typer.Argument(help="The name of the collection.")]
