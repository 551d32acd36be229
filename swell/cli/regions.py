"""`swell regions`: who is there, and how each region does."""

from typing import Annotated, Any

import typer

from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import print_json, print_table, say

app = typer.Typer(help="Look at the regions of a deployment.", no_args_is_help=True, rich_markup_mode=None)

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
