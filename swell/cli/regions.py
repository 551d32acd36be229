# ruff: noqa: PLC0415 - what only one command needs loads with it: `swell --help` stays quick
"""`swell regions`: who is there, and how each region does."""

from typing import Annotated, Any

import typer

from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import print_json, print_table, say

app = typer.Typer(help="Look at the regions of a deployment.", no_args_is_help=True, rich_markup_mode=None)

_LOOKS_EVERY_S = 0.1

Region = Annotated[str, typer.Argument(help="The name of the region, such as europe-west1.")]


@app.command("list")
def list_regions(*, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show every region that was ever heard. What was not measured is shown as a dash."""
    with connected(url) as client:
        found = client.regions.list()
    if as_json:
        print_json({"regions": found})
    elif found:
        _print_regions(found)
    else:
        say("No region has been heard yet; each is at its first tick, within a minute.")


@app.command("show")
def show_region(region: Region, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show one region, and what the others would lack if it were gone."""
    with connected(url) as client:
        found = client.regions.get(region)
    if as_json:
        print_json(found)
        return
    _print_regions([found])
    say(f"\ncan: {', '.join(found['capabilities']) or '-'}")
    for ailment in found["ailments"]:
        say(f"ails: {ailment}")
    for other, versions in sorted(found["versions_others_lack"].items()):
        say(f"{other} lacks {versions} committed versions" if versions else f"{other} has all that it committed")


@app.command("ask")
def ask_regions(
    *,
    wait_s: Annotated[float, typer.Option(min=0.1, max=300, help="Wait so many seconds for answers.")] = 5.0,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Ask every region that is heard what it sees: whom it hears, and how far its copies are.

    Regions that see different things are cut off from each other; one that is silent has an agent that does not work.
    """
    import time
    from uuid import uuid4

    with connected(url) as client:
        found = client.regions.ask(f"sight-{uuid4().hex[:12]}", ttl_s=wait_s)
        while not found["is_over"]:
            time.sleep(_LOOKS_EVERY_S)
            found = client.regions.answers(found["id"])
    if as_json:
        print_json(found)
        return
    print_table(
        {"region": "left", "answered": "right", "life": "right", "does not hear": "left", "behind": "right"},
        [
            [
                region,
                f"{one['after_s']:.2f} s",
                str(one["incarnation"]),
                ", ".join(f"{other} ({how})" for other, how in one["hears"].items() if how != "live") or "-",
                "-" if one["replication"] is None else str(one["replication"]["behind"]),
            ]
            for region, one in found["answers"].items()
        ],
    )
    for region in found["silent"]:
        say(f"{region} did not answer within {wait_s:g} s.")


@app.command("drain")
def drain_region(
    region: Region,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Send it traffic again.")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Send a region no more traffic."""
    with connected(url) as client:
        found = client.regions.drain(region, is_draining=not undo)
    if as_json:
        print_json(found)
    else:
        say(f"{region} {'takes traffic again' if undo else 'is drained: routes lead elsewhere'}.")


def _print_regions(found: list[dict[str, Any]]) -> None:
    print_table(
        {
            "region": "left",
            "presence": "left",
            "life": "right",
            "silent": "right",
            "health": "right",
            "streams": "right",
            "p99": "right",
            "cpu": "right",
            "memory": "right",
        },
        [
            [
                one["region"],
                one["presence"] + (", draining" if one["is_draining"] else ""),
                str(one["incarnation"]),
                f"{one['silent_s']:.0f} s",
                _known(one["health_score"], ""),
                _known(one["load"].get("streams"), ""),
                _known(one["load"].get("p99_ms"), " ms"),
                _percent(one["load"].get("cpu_share")),
                _percent(one["load"].get("memory_share")),
            ]
            for one in found
        ],
    )


def _known(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:,.0f}{unit}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
