# ruff: noqa: PLC0415 - numpy loads when a trace is evaluated: `swell --help` stays quick
"""`swell forecast`: how good the burst forecast is."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.failure import CommandFailed
from swell.cli.options import Json
from swell.cli.output import note, print_json, print_table, say

if TYPE_CHECKING:
    from swell.forecasting.report import Report

app = typer.Typer(help="Forecasts of load.", no_args_is_help=True)

DATE_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@app.callback()
def forecast() -> None:
    """Forecasts of load."""


@app.command()
def evaluate(
    trace: Annotated[Path, typer.Option(metavar="FILE", help="CSV: a time and a count, or one line a request.")],
    *,
    events: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV of scheduled events: start_utc, duration_min, stage.")
    ] = None,
    lead_min: Annotated[
        int, typer.Option(min=0, max=1425, help="Minutes from what is known to the bin foreseen.")
    ] = 15,
    test_days: Annotated[float, typer.Option(min=0.01, help="How long a span at the end is scored.")] = 14,
    begin: Annotated[
        datetime | None, typer.Option("--from", formats=DATE_FORMATS, help="Score from here (UTC), not --test-days.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=DATE_FORMATS, help="Score up to here (UTC).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Back-test the forecast on a recorded trace, beside persistence and the seasonal-naive forecasts."""
    from swell.forecasting.report import Span, report_on
    from swell.forecasting.traces import UnreadableTrace

    if not as_json:
        note(f"Forecasting {trace.name}, every bin from what was known {lead_min} minutes before ...")
    try:
        report = report_on(trace, events, lead_min=lead_min, span=Span(test_days, begin, until))
    except UnreadableTrace as error:
        raise CommandFailed(str(error), code="unreadable_trace") from error
    if as_json:
        print_json(report.document())
    else:
        _print(report)


def _print(report: "Report") -> None:
    say(report.headline())
    for table in report.tables():
        say()
        print_table(table.columns, table.rows)
