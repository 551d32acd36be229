# ruff: noqa: PLC0415 - the bundler loads when it is used: `swell --help` stays quick
"""`swell bundle`: one source zip for each function."""

from pathlib import Path
from typing import Annotated

import typer

from swell.cli.options import Json
from swell.cli.output import human_size, print_json, print_table


def bundle(
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help="Where the zips are written.")] = Path(
        "dist"
    ),
    as_json: Json = False,
) -> None:
    """Write the source zip of every function.

    Cloud Functions builds a function from its zip. The same sources make the same bytes, so an unchanged hash
    means that nothing needs to be deployed.
    """
    from swell.deploy.bundle import build_bundles

    built = build_bundles(out)
    if as_json:
        documents = [
            {"name": one.name, "path": str(one.path), "sha256": one.sha256, "size_bytes": one.size_bytes}
            for one in built
        ]
        print_json({"bundles": documents})
        return
    print_table(
        {"function": "left", "file": "left", "size": "right", "sha256": "left"},
        [[one.name, str(one.path), human_size(one.size_bytes), one.sha256[:16]] for one in built],
    )
