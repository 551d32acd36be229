"""Options that several commands share."""

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


Url = Annotated[
    str,
    typer.Option("--url", envvar="SWELL_URL", callback=_has_scheme, metavar="URL", help="The server to talk to."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else.")]
Emulators = Annotated[
    bool, typer.Option("--emulators", help="Run on Google's emulators, each function in its own process.")
]
Collection = Annotated[str, typer.Argument(help="The name of the collection.")]
