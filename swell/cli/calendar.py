"""`swell calendar`: the events that draw crowds."""

from datetime import datetime
from typing import Annotated, Any

import typer

from swell.cli.announcements import warn_of
from swell.cli.calendar_edit import add, edit
from swell.cli.calendar_import import import_calendar
from swell.cli.calendar_options import EventId
from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import print_json, print_table, say

app = typer.Typer(help="The events that draw crowds: instances are ready before they begin.", no_args_is_help=True)
app.command("add")(add)
app.command("edit")(edit)
app.command("import")(import_calendar)


@app.command("list")
def list_events(
    *,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far ahead.")] = 30,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show what is coming, by time."""
    with connected(url) as client:
        events = client.calendar.list(days=days)
    if as_json:
        print_json({"events": events})
    elif events:
        _print_events(events)
    else:
        ways = "`swell calendar add` enters an event, `swell calendar import` reads a calendar file"
        say(f"Nothing in the next {days} days: {ways}.")


@app.command("show")
def show(event: EventId, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show one event as it was entered."""
    with connected(url) as client:
        found = client.calendar.get(event)
    if as_json:
        print_json(found)
    else:
        far = found.pop("disagreements", [])
        shown = [[name, _value(value)] for name, value in found.items() if value not in (None, "")]
        print_table({"field": "left", "value": "left"}, shown)
        warn_of(far)


@app.command("remove")
def remove(event: EventId, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Take an event out of the calendar."""
    with connected(url) as client:
        client.calendar.remove(event)
    if as_json:
        print_json({"removed": event})
    else:
        say(f"Event {event} is out of the calendar.")


def _print_events(events: list[dict[str, Any]]) -> None:
    rows = [
        [
            _moment(event["starts_at"]),
            f"{event['duration_min']:.0f}",
            event["name"],
            event["kind"],
            ", ".join(f"{region} {weight:g}" for region, weight in event["regions"].items()),
            "" if event["audience"] is None else f"{event['audience']:,}",
            "" if event.get("expected_multiple") is None else f"{event['expected_multiple']:g} times",
            event["id"],
        ]
        for event in events
    ]
    columns = ("starts (UTC)", "minutes", "name", "kind", "regions", "audience", "expected", "id")
    print_table({name: "right" if name in ("minutes", "audience", "expected") else "left" for name in columns}, rows)


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items() if part is not None)
    return str(value)
