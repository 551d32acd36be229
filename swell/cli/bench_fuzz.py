# ruff: noqa: PLC0415 - the benchmarks load when they run: `swell --help` stays quick
"""`swell bench fuzz`: whatever the OpenAPI document allows, and what it does not."""

from typing import Annotated

import typer

from swell.cli.benching import interruptible, require_checkout
from swell.cli.options import Json
from swell.cli.output import note, print_json, say


def fuzz(
    *,
    as_json: Json = False,
    requests: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Another one asks other things.")] = 1,
    seconds: Annotated[float | None, typer.Option(min=1, help="End after so long.", show_default="never")] = None,
) -> None:
    """Ask an embedded Swell of its own what its OpenAPI document allows, and what it does not.

    The exit code is 1 where an answer is a failure (5xx that is no documented refusal) or differs from the document.
    """
    require_checkout()
    import tempfile
    from dataclasses import asdict
    from pathlib import Path

    from benchmarks.fuzz.report import lines
    from benchmarks.fuzz.run import FuzzPlan
    from benchmarks.fuzz.run import fuzz as run
    from swell.local.embedded import run_embedded

    interruptible()
    with tempfile.TemporaryDirectory() as directory, run_embedded(Path(directory)) as running:
        report = run(running.url, FuzzPlan(requests, seed, within_s=seconds), note)
    if as_json:
        print_json({**asdict(report), "requests": report.requests, "failures": report.failures})
    else:
        for line in lines(report):
            say(line)
    if report.findings:
        raise typer.Exit(1)
