"""`swell calendar import`: what a file or feed announces."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from swell.cli.announcements import warn_of
from swell.cli.calendar_options import Kind, RegionWeights, weights
from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import note, print_json, say

_COUNTED: Final = {
    "cancelled": "are cancelled",
    "outside_window": "are on at no time that is asked for",
}
"""Reasons that say nothing about an entry: only how many they were is told."""


def import_calendar(
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="An iCalendar file, or the address of a feed.")],
    *,
    region: RegionWeights,
    kind: Kind = "other",
    time_zone: Annotated[str, typer.Option(help="Of times that name none.")] = "UTC",
    days_ahead: Annotated[int, typer.Option(min=1, max=366, help="Take what begins within so many days.")] = 90,
    name: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="NAME",
            help="What came from there before and is in it no more is taken out. Default: the address of a feed.",
        ),
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Enter what a calendar announces; read again, it changes only what has changed, and takes out what it cancels.

    --region holds for entries that have no X-SWELL-REGIONS of their own.
    Nothing reads a feed by itself: run this as often as it changes.
    """
    ics, address = _read(source)
    options = {"kind": kind, "time_zone": time_zone, "days_ahead": days_ahead, "source": name or address}
    with connected(url) as client:
        found = client.calendar.import_ics(ics, weights(region), **options)
    if as_json:
        print_json(found)
    else:
        _tell(found)


def _tell(found: dict[str, Any]) -> None:
    events, removed = len(found["events"]), found["removed"]
    announced = "1 event" if events == 1 else f"{events} events"
    taken_out = f", {len(removed)} taken out" if removed else ""
    say(f"{announced}: {found['changed']} new or changed{taken_out}; calendar revision {found['revision']}.")
    for one in removed:
        note(f"taken out: {one['id']}, {one['name']}, {one['starts_at_local']}")
    warn_of(found.get("disagreements", []))
    skipped = found["skipped"]
    for reason, count in Counter(one["reason"] for one in skipped if one["reason"] in _COUNTED).items():
        note(f"left out: {count} that {_COUNTED[reason]}")
    for one in skipped:
        if one["reason"] not in _COUNTED:
            note(f"left out {one['uid']}: {one['detail']}")


def _read(source: str) -> tuple[str, str | None]:
    """The text of a file, or of a feed with its address."""
    from swell.cli.feeds import fetch_feed, is_address  # noqa: PLC0415 - loaded when it is needed

    if is_address(source):
        return fetch_feed(source), source
    try:
        return Path(source).read_text(encoding="utf-8"), None
    except OSError as error:
        raise CommandFailed(f"cannot read {source}: {error.strerror}", code="unreadable_file") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{source} is no text in UTF-8, as calendars are", code="unreadable_file") from error
