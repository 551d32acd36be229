"""`swell plan` and `swell timeline`: what is planned for crowds, and what was done."""

from datetime import datetime
from typing import Annotated, Any

import typer

from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import note, print_json, print_table, say

_MOST_ENTRIES = 5_000
"""Of the timeline, in one answer."""


def plan(
    *,
    region: Annotated[str | None, typer.Option(help="Only this region, with every step.")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show how many instances each region will have asked for, from when, and why."""
    with connected(url) as client:
        found = client.crowds.plan()
    if region is not None:
        found = _of_region(found, region)
    if as_json:
        print_json(found)
        return
    say(f"Plan {found['revision']}, made {_moment(found['made_at'])}, until {_moment(found['until'])} (UTC)")
    rows = [
        [name, _moment(step["starts_at"]), str(step["instances"]), step["reason"].replace("_", " ")]
        for name, steps in found["regions"].items()
        for step in (steps if region is not None else _worth_showing(steps))
    ]
    if rows:
        print_table({"region": "left", "from (UTC)": "left", "instances": "right", "for": "left"}, rows)
    else:
        say(f"Nothing is expected: {'every region' if region is None else region} scales to zero.")
    if jobs := found["jobs"]:
        stand = "1 job stands" if len(jobs) == 1 else f"{len(jobs)} jobs stand"
        say(f"{stand} for the steps of the plan; the next is {jobs[0]['name']}, at {_moment(jobs[0]['at'])} (UTC).")


def timeline(
    *,
    minutes: Annotated[int, typer.Option(min=1, max=50_400, help="How far back.")] = 1440,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show what was decided and done about crowds and money, oldest first."""
    with connected(url) as client:
        entries = client.crowds.timeline(minutes=minutes, limit=_MOST_ENTRIES)
    if as_json:
        print_json({"entries": entries})
    elif entries:
        rows = [[_seconds(entry["at"]), entry["kind"].replace("_", " "), entry["text"]] for entry in entries]
        print_table({"at (UTC)": "left", "": "left", "what": "left"}, rows)
    else:
        say(f"Nothing was decided in the last {minutes} minutes.")
    if len(entries) == _MOST_ENTRIES:
        note(f"These are the first {_MOST_ENTRIES:,}; --minutes with a smaller number shows later ones.")


def _of_region(found: dict[str, Any], region: str) -> dict[str, Any]:
    """A plan has every region of which load is known or a crowd announced."""
    from shared.topology import load_topology  # noqa: PLC0415 - loads when it is needed: `swell --help` stays quick

    known = load_topology().regions
    if region not in known:
        problem = {"field": "--region", "value": repr(region), "allowed": ", ".join(known)}
        text = f"--region: got {region!r}, allowed: regions of topology.yaml: {problem['allowed']}"
        raise CommandFailed(text, code="invalid_request", problems=[problem])
    return {**found, "regions": {name: steps for name, steps in found["regions"].items() if name == region}}


def _worth_showing(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A region's next step, the first of its highest ones, and the first that has fewer again."""
    if not any(step["instances"] for step in steps):
        return []
    highest = max(range(len(steps)), key=lambda number: steps[number]["instances"])
    most = steps[highest]["instances"]
    fewer = [number for number in range(highest, len(steps)) if steps[number]["instances"] < most][:1]
    return [steps[number] for number in sorted({0, highest, *fewer})]


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


def _seconds(text: str) -> str:
    return f"{datetime.fromisoformat(text):%m-%d %H:%M:%S}"
