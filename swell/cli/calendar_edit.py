"""`swell calendar add | edit`: an event as somebody enters it, and changes of single fields of it."""

import re
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Any, Final

import typer

from swell.cli.announcements import warn_of
from swell.cli.calendar_options import START_FORMATS, EventId, Kind, RegionWeights, weights
from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Json, Url, part_of_a_path
from swell.cli.output import print_json, say

_NOT_IN_IDS: Final = re.compile(r"[^a-z0-9]+")
_SHOWN_ONLY: Final = ("id", "revision", "next_starts_at", "disagreements")
_EMPTY: Final[dict[str, Any]] = {
    "stage": "",
    "peak_after_start_min": None,
    "audience": None,
    "requests_per_viewer": None,
    "expected_multiple": None,
    "recurrence": None,
}

Starts = typer.Option(formats=START_FORMATS, help="When, on the wall clock of --time-zone: 2026-12-31T20:00.")
TimeZone = typer.Option(help="An IANA name such as Europe/Paris.")
Minutes = typer.Option(min=1, help="How long it lasts.")
Peak = Annotated[float | None, typer.Option(min=0, help="When the crowd is largest.")]
Audience = Annotated[int | None, typer.Option(min=1, help="How many people are expected.")]
PerViewer = Annotated[
    float | None, typer.Option(min=0, max=1000, help="How many requests each of them makes meanwhile.")
]
Multiple = Annotated[
    float | None,
    typer.Option(min=1, max=1000, help="How many times the usual load its peak is, in a region of weight 1."),
]
Stage = typer.Option(help="Which round of a series: final, group stage.")
Every = Annotated[str | None, typer.Option(help="daily, weekly, monthly or yearly.")]
Times = Annotated[int | None, typer.Option(min=1, help="With --every: how often.")]


def add(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    *,
    starts: Annotated[datetime, Starts],
    region: RegionWeights,
    kind: Kind = "other",
    time_zone: Annotated[str, TimeZone] = "UTC",
    minutes: Annotated[float, Minutes] = 120.0,
    peak_after_min: Peak = None,
    audience: Audience = None,
    requests_per_viewer: PerViewer = None,
    expected_multiple: Multiple = None,
    stage: Annotated[str, Stage] = "",
    every: Every = None,
    times: Times = None,
    event_id: Annotated[
        str | None,
        typer.Option(
            "--id", callback=part_of_a_path, help="An event of this id is replaced. Default: made from name and date."
        ),
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Enter an event, or replace the one of this id."""
    fields: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "starts_at_local": starts.isoformat(),
        "time_zone": time_zone,
        "duration_min": minutes,
        "regions": weights(region),
        "stage": stage,
        "peak_after_start_min": peak_after_min,
        "audience": audience,
        "requests_per_viewer": requests_per_viewer,
        "expected_multiple": expected_multiple,
        "recurrence": _recurrence(every, times),
    }
    with connected(url) as client:
        if event_id is None:
            event_id = _made_id(name, starts)
            _require_new(client, event_id, fields)
        found = client.calendar.put(event_id, fields)
    _tell(found, as_json=as_json)


def edit(
    event: EventId,
    *,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    starts: Annotated[datetime | None, Starts] = None,
    region: RegionWeights = [],  # noqa: B006 - typer reads it, nobody changes it
    kind: Annotated[str | None, typer.Option(help="What it is like: `swell calendar add --help`.")] = None,
    time_zone: Annotated[str | None, TimeZone] = None,
    minutes: Annotated[float | None, Minutes] = None,
    peak_after_min: Peak = None,
    audience: Audience = None,
    requests_per_viewer: PerViewer = None,
    expected_multiple: Multiple = None,
    stage: Annotated[str | None, Stage] = None,
    every: Every = None,
    times: Times = None,
    clear: Annotated[list[str], typer.Option(metavar="FIELD", help=f"Say nothing of it: {', '.join(_EMPTY)}.")] = [],  # noqa: B006 - as above
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Change what is given of an event, and nothing else; --region gives all of its regions."""
    if unknown := [field for field in clear if field not in _EMPTY]:
        raise typer.BadParameter(f"--clear: got {unknown[0]!r}, allowed: {', '.join(_EMPTY)}")
    given: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "starts_at_local": None if starts is None else starts.isoformat(),
        "time_zone": time_zone,
        "duration_min": minutes,
        "regions": weights(region) or None,
        "stage": stage,
        "peak_after_start_min": peak_after_min,
        "audience": audience,
        "requests_per_viewer": requests_per_viewer,
        "expected_multiple": expected_multiple,
        "recurrence": _recurrence(every, times),
    }
    changes = {field: value for field, value in given.items() if value is not None}
    changes |= {field: _EMPTY[field] for field in clear}
    if not changes:
        raise typer.BadParameter("nothing to change is given: --help shows what can be")
    with connected(url) as client:
        before = client.calendar.get(event)
        kept = {field: value for field, value in before.items() if field not in _SHOWN_ONLY}
        found = client.calendar.put(event, {**kept, **changes, "if_revision": before["revision"]})
    _tell(found, as_json=as_json)


def _recurrence(every: str | None, times: int | None) -> dict[str, Any] | None:
    if every is None and times is not None:
        raise typer.BadParameter("--times goes with --every")
    return None if every is None else {"frequency": every, "count": times}


def _made_id(name: str, starts: datetime) -> str:
    """Of what the name has in ASCII; of a name that has nothing, its digest."""
    readable = _NOT_IN_IDS.sub("-", name.lower()).strip("-")[:60]
    return f"{readable or 'event-' + blake2b(name.encode(), digest_size=4).hexdigest()}-{starts:%Y%m%d}"


def _require_new(client: Any, event_id: str, fields: dict[str, Any]) -> None:
    """An id that nobody has named replaces nothing; the same event again is fine."""
    from swell.client import NotFoundError  # noqa: PLC0415 - loaded when it is needed: `swell --help` stays quick

    try:
        before = client.calendar.get(event_id)
    except NotFoundError:
        return
    if any(before[field] != fields[field] for field in ("name", "starts_at_local", "time_zone")):
        raise CommandFailed(
            f"event {event_id} is there already: {before['name']}, {before['starts_at_local']} {before['time_zone']}; "
            f"`swell calendar edit {event_id}` changes it, --id gives this one an id of its own",
            code="conflict",
        )


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    ahead = found["next_starts_at"]
    on = "it is over, so nothing is planned for it"
    if ahead is not None:
        on = f"on next at {datetime.fromisoformat(ahead):%Y-%m-%d %H:%M} UTC; the plan follows in a moment"
    say(f"Event {found['id']} is in the calendar, at revision {found['revision']}: {on}.")
    warn_of(found.get("disagreements", []))
