# ruff: noqa: PLC0415 - templates load when a page is written: `swell --help` stays quick
"""`swell report`: what a day was like, what it cost, and what comes next."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Json, Url, can_be_written
from swell.cli.output import print_json, say
from swell.cli.writing import write_whole


def report(
    *,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="A day of UTC. Default: yesterday.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", callback=can_be_written, help="Write a page for a browser.")
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show the daily report, in Markdown; where none was sent yet, as it would look now."""
    with connected(url) as client:
        found = client.crowds.report("yesterday" if day is None else day.date().isoformat())
    if html is not None:
        from functions.control.reporting.rendering import as_html

        write_whole(html, as_html(_report(found)))
    if as_json:
        print_json(found)
    elif html is not None:
        say(f"Written to {html}.")
    else:
        from functions.control.reporting.rendering import as_markdown

        say(as_markdown(_report(found)).rstrip())


def _report(found: dict[str, Any]) -> Any:
    from functions.control.reporting.report_store import Report

    sent_at = None if found["sent_at"] is None else datetime.fromisoformat(found["sent_at"])
    return Report(date.fromisoformat(found["day"]), found["sections"], found["missing"], sent_at)
