"""`swell calendar`: the events that draw crowds."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import note, print_json, print_table, say

app = typer.Typer(help="The events that draw crowds: instances are ready before they begin.", no_args_is_help=True)

_NOT_IN_IDS: Final = re.compile(r"[^a-z0-9]+")
_START_FORMATS: Final = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]

EventId = Annotated[str, typer.Argument(metavar="ID", help="The id of the event.")]
Regions = Annotated[
    list[str],
    typer.Option("--region", metavar="REGION[=WEIGHT]", help="Who comes: 1 for the region with the largest share."),
]
Kind = Annotated[
    str, typer.Option(help="sports_final, sports, concert, release, promotion or other: growth is learned by kind.")
]


def _weights(regions: list[str]) -> dict[str, float]:
    found = {}
    for text in regions:
        region, _, weight = text.partition("=")
        try:
            found[region] = float(weight or 1)
        except ValueError:
            raise typer.BadParameter(f"--region: got {text!r}, allowed: a region, or REGION=WEIGHT") from None
    return found


@app.command("list")
def list_events(
    *,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far ahead.")] = 30,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show what is coming, by time."""
    with connected(url) as client:
        now = datetime.now().astimezone()
        events = client.calendar.list(begin=now, end=now + timedelta(days=days))
    if as_json:
        print_json({"events": events})
    elif events:
        _print_events(events)
    else:
        say(f"Nothing in the next {days} days. `swell calendar add` enters an event, `import` reads a calendar file.")


@app.command("show")
def show(event: EventId, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show one event as it was entered."""
    with connected(url) as client:
        found = client.calendar.get(event)
    if as_json:
        print_json(found)
    else:
        shown = [[name, _value(value)] for name, value in found.items() if value not in (None, "")]
        print_table({"field": "left", "value": "left"}, shown)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    *,
    starts: Annotated[
        datetime, typer.Option(formats=_START_FORMATS, help="When, on the wall clock of --time-zone: 2026-12-31T20:00.")
    ],
    region: Regions,
    kind: Kind = "other",
    time_zone: Annotated[str, typer.Option(help="An IANA name such as Europe/Paris.")] = "UTC",
    minutes: Annotated[float, typer.Option(min=1, help="How long it lasts.")] = 120.0,
    peak_after_min: Annotated[float | None, typer.Option(min=0, help="When the crowd is largest.")] = None,
    audience: Annotated[int | None, typer.Option(min=1, help="How many people are expected.")] = None,
    requests_per_viewer: Annotated[
        float | None, typer.Option(min=0, max=1000, help="How many requests each of them makes meanwhile.")
    ] = None,
    stage: Annotated[str, typer.Option(help="Which round of a series: final, group stage.")] = "",
    every: Annotated[str | None, typer.Option(help="daily, weekly, monthly or yearly.")] = None,
    times: Annotated[int | None, typer.Option(min=1, help="With --every: how often.")] = None,
    event_id: Annotated[str | None, typer.Option("--id", help="Default: made from name and date.")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Enter an event, or replace the one of this id."""
    if times is not None and every is None:
        raise typer.BadParameter("--times goes with --every")
    event_id = event_id or f"{_NOT_IN_IDS.sub('-', name.lower()).strip('-')[:60] or 'event'}-{starts:%Y%m%d}"
    fields: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "starts_at_local": starts.isoformat(),
        "time_zone": time_zone,
        "duration_min": minutes,
        "regions": _weights(region),
        "stage": stage,
        "peak_after_start_min": peak_after_min,
        "audience": audience,
        "requests_per_viewer": requests_per_viewer,
        "recurrence": None if every is None else {"frequency": every, "count": times},
    }
    with connected(url) as client:
        found = client.calendar.put(event_id, fields)
    if as_json:
        print_json(found)
    else:
        say(f"Event {found['id']} is in the calendar, at revision {found['revision']}; the plan follows in a moment.")


@app.command("remove")
def remove(event: EventId, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Take an event out of the calendar."""
    with connected(url) as client:
        client.calendar.remove(event)
    if as_json:
        print_json({"removed": event})
    else:
        say(f"Event {event} is out of the calendar.")


@app.command("import")
def import_calendar(
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="An iCalendar file, or the address of a feed.")],
    *,
    region: Regions,
    kind: Kind = "other",
    time_zone: Annotated[str, typer.Option(help="Of times that name none.")] = "UTC",
    days_ahead: Annotated[int, typer.Option(min=1, max=366, help="Take what begins within so many days.")] = 90,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Enter what a calendar announces; read again, it changes only what has changed.

    --region holds for entries that have no X-SWELL-REGIONS of their own.
    """
    options = {"kind": kind, "time_zone": time_zone, "days_ahead": days_ahead}
    with connected(url) as client:
        found = client.calendar.import_ics(_read(source), _weights(region), **options)
    if as_json:
        print_json(found)
        return
    changed, revision = found["changed"], found["revision"]
    say(f"{len(found['events'])} events, {changed} of them new or changed; calendar revision {revision}.")
    for skipped in found["skipped"]:
        note(f"left out {skipped['uid']}: {skipped['reason']} {skipped['detail']}".rstrip())


def _read(source: str) -> str:
    """The text of a file or of a feed; webcal:// is what calendars call https."""
    if not re.match(r"(https?|webcal)://", source):
        try:
            return Path(source).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandFailed(f"cannot read {source}: {error}", code="unreadable_file") from error
    from swell.cli.feeds import fetch_feed  # noqa: PLC0415 - loaded when it is needed: `swell --help` stays quick

    return fetch_feed(re.sub(r"^webcal://", "https://", source))


def _print_events(events: list[dict[str, Any]]) -> None:
    rows = [
        [
            _moment(event["starts_at"]),
            f"{event['duration_min']:.0f}",
            event["name"],
            event["kind"],
            ", ".join(f"{region} {weight:g}" for region, weight in event["regions"].items()),
            "" if event["audience"] is None else f"{event['audience']:,}",
            event["id"],
        ]
        for event in events
    ]
    columns = ("starts (UTC)", "minutes", "name", "kind", "regions", "audience", "id")
    print_table({name: "right" if name in ("minutes", "audience") else "left" for name in columns}, rows)


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items() if part is not None)
    return str(value)
