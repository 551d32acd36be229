# ruff: noqa: PLC0415 - numpy loads when a trace is evaluated: `swell --help` stays quick
"""`swell forecast`: how good the burst forecast is."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swell.cli.announcements import warn_of
from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import Align, note, print_json, print_table, say

if TYPE_CHECKING:
    from swell.forecasting.report import Report

app = typer.Typer(help="Forecasts of load.", no_args_is_help=True)

_REPLACED = {"model_is_worse", "model_not_yet_better_again"}
DATE_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@app.callback()
def forecast() -> None:
    """Forecasts of load."""


@app.command("show")
def show(
    region: Annotated[str | None, typer.Argument(help="One region, hour by hour.")] = None,
    *,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show what each region expects, and how good its forecasts have been: accuracy = 1 - WAPE at 15 minutes."""
    with connected(url) as client:
        found = client.crowds.expected() if region is None else client.crowds.forecast(region)
    if as_json:
        print_json(found)
    elif region is not None:
        _print_hours(found)
    elif found["forecasts"]:
        _print_regions(found["forecasts"])
    else:
        say("No load is known yet: forecasts begin a few minutes after the first query.")
    if not as_json and region is None:
        warn_of(found.get("disagreements", []))


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
        note(f"Forecasting {trace.name}, every bin from what was known {lead_min} minutes before; a minute, or so ...")
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


def _print_regions(forecasts: list[dict[str, Any]]) -> None:
    columns = ("region", "now", "most expected", "P95", "forecast by", "accuracy", "skill", "naive", "bins", "alarm")
    rows = [
        [
            one["region"],
            f"{one['now_per_min']:,.0f}",
            f"{one['most_per_min']['p50']:,.0f}",
            f"{one['most_per_min']['p95']:,.0f}",
            one["method"].replace("_", " "),
            *_scores(one["scores"]),
            "burst ahead" if one["alarm"] else "",
        ]
        for one in forecasts
    ]
    say("Requests a minute in the next 24 hours. Accuracy is the model's, 15 minutes ahead, in the last two days;")
    say("skill is against persistence, naive the accuracy of repeating last week.")
    left = {"region", "forecast by", "alarm"}
    print_table({name: "left" if name in left else "right" for name in columns}, rows)
    _print_bursts(forecasts)
    for one in forecasts:
        if one["reason"] in _REPLACED:
            method = one["method"].replace("_", " ")
            note(f"Warning: {one['region']} is forecast as {method}: {one['reason'].replace('_', ' ')}.")


def _scores(scores: dict[str, Any] | None) -> list[str]:
    if scores is None or scores["accuracy"] is None:
        return ["-", "-", "-", "0"]
    naive = scores.get("naive_accuracy")
    return [
        f"{scores['accuracy']:.3f}",
        _percent(scores["skill"]),
        "-" if naive is None else f"{naive:.3f}",
        f"{scores['bins']:,}",
    ]


def _print_bursts(forecasts: list[dict[str, Any]]) -> None:
    """Of the regions that had any, or an alarm."""
    met = {one["region"]: (one["scores"] or {}).get("bursts") or {} for one in forecasts}
    rows = [
        [
            region,
            str(found["bursts"]),
            _percent(found["onsets_covered"]),
            _percent(found["recall"]),
            "-" if found["median_lead_min"] is None else f"{found['median_lead_min']:.0f} min",
            str(found["alarms"]),
            _percent(found["precision"]),
        ]
        for region, found in met.items()
        if found.get("bursts") or found.get("alarms")
    ]
    if rows:
        say("\nBursts of four weeks: covered by P95, foretold by an alarm, so long before; alarms that were right.")
        columns = ("region", "bursts", "covered", "foretold", "lead", "alarms", "right")
        print_table({name: "left" if name == "region" else "right" for name in columns}, rows)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _print_hours(found: dict[str, Any]) -> None:
    """The middle and the quantiles of each hour's busiest step."""
    rates = found["requests_per_min"]
    hours: dict[datetime, list[int]] = {}
    for number, start_min in enumerate(found["starts_min"]):
        hour = datetime.fromtimestamp(start_min * 60, UTC).replace(minute=0, second=0)
        hours.setdefault(hour, []).append(number)
    rows = [
        [f"{hour:%m-%d %H:00}", *(f"{max(rates[name][number] for number in numbers):,.0f}" for name in rates)]
        for hour, numbers in hours.items()
    ]
    say(f"{found['region']}, made {found['made_at']}, by {found['method'].replace('_', ' ')}")
    columns: dict[str, Align] = {"hour (UTC)": "left", **dict.fromkeys(rates, "right")}
    print_table(columns, rows)
