# ruff: noqa: PLC0415 - the benchmark loads when it runs: `swell --help` stays quick
"""`swell bench quick`: a short live run, and the gate on it."""

from pathlib import Path
from typing import Annotated

import typer

from swell.cli.benching import interruptible, require_checkout
from swell.cli.options import Json, can_be_written
from swell.cli.output import note, print_json, say
from swell.cli.rehearse_live import end
from swell.cli.writing import write_after_telling


def quick(
    *,
    p99_ms: Annotated[
        float, typer.Option("--p99-ms", min=0.1, max=3_600_000, help="The promise: 99 of 100 within this.")
    ] = 250.0,
    error_share: Annotated[float, typer.Option("--error-share", min=0, max=1, help="The promise: at most.")] = 0.01,
    recall: Annotated[
        float, typer.Option("--recall", min=0, max=1, help="The promise: this share of the true nearest, at least.")
    ] = 0.9,
    dollars_per_million: Annotated[
        float | None, typer.Option(min=0.001, max=1e9, help="The promise: a million answers cost so much at most.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", callback=can_be_written, metavar="FILE", help="Keep the record.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send a real server a steady load and a burst for some seconds, and judge what it promised.

    Under half a minute on a quiet machine. Exit code 0: kept, 99: a promise is broken, 98: too few requests to tell,
    97: invalid, since the load generator was the bottleneck or nothing was asked;
    130 after Ctrl-C, which ends it early.
    """
    require_checkout()
    from benchmarks.live.play import LivePlan, play
    from benchmarks.rehearsal.record_file import to_json
    from benchmarks.reports.document import to_document
    from benchmarks.reports.markdown import to_markdown
    from benchmarks.reports.report import report_on
    from benchmarks.scenarios.catalog import find_scenario
    from benchmarks.scenarios.model import Objectives
    from shared.topology import load_topology

    interruptible()
    promises = Objectives(
        p99_ms=p99_ms, error_share=error_share, recall=recall, dollars_per_million=dollars_per_million
    )
    scenario = find_scenario("burst-10x").model_copy(update={"objectives": promises})
    result = play(scenario, load_topology(), LivePlan(seconds=8.0, peak_share=0.6, rows=5_000), note)
    report = report_on(result.run)
    if as_json:
        print_json(to_document(report))
    else:
        say(to_markdown(report))
    if out is not None:
        write_after_telling(out, to_json(result.run))
    end(result)
