# ruff: noqa: PLC0415 - httpx loads when a command calls a server: `swell --help` stays quick
"""The regions of a server: where they are, how they do, what they serve, and where traffic goes."""

from collections.abc import Sequence
from typing import Any

from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.output import print_table, say

_WIDTH, _HEIGHT = 72, 17
_NORTH, _SOUTH = 72.0, -56.0
"""Degrees; no region is farther from the equator."""


def region_map(url: str, collections: Sequence[str]) -> dict[str, Any] | None:
    """What the server says of its regions, with the versions that each of them serves; None if it is but one."""
    import httpx

    try:
        answer = httpx.get(f"{url}/map", timeout=10)
        document: dict[str, Any] = answer.json() if answer.status_code == httpx.codes.OK else {}
    except (httpx.TransportError, ValueError):
        return None
    if not isinstance(document.get("regions"), list):
        return None
    for region in document["regions"]:
        region["serves"] = _versions(region["url"], collections) if region["alive"] else {}
    return document


def print_region_map(document: dict[str, Any]) -> None:
    """A map, a table of the regions and one of the routes."""
    regions = document["regions"]
    say()
    for line in drawn(regions):
        say(line)
    if document["disaster"]:
        say("DISASTER MODE: three regions or more are ill or gone.")
    print_table(
        {
            "": "right",
            "region": "left",
            "city": "left",
            "status": "left",
            "heard": "right",
            "health": "right",
            "load": "right",
            "requests/10 s": "right",
            "serves": "left",
            "behind": "right",
            "lag (target)": "right",
            "its clients are answered by": "left",
        },
        [_row(number, region, document) for number, region in enumerate(regions)],
    )


def drawn(regions: Sequence[dict[str, Any]]) -> list[str]:
    """The world with a letter for each region: a capital one serves, x marks one that is gone."""
    rows = [["."] * _WIDTH if _is_equator(row) else [" "] * _WIDTH for row in range(_HEIGHT)]
    for number, region in enumerate(regions):
        column = round((region["longitude_deg"] + 180) / 360 * (_WIDTH - 1))
        row = round((_NORTH - region["latitude_deg"]) / (_NORTH - _SOUTH) * (_HEIGHT - 1))
        rows[row][column] = letter(number) if region["alive"] else "x"
    border = "+" + "-" * _WIDTH + "+"
    return [border, *("|" + "".join(row) + "|" for row in rows), border]


def letter(number: int) -> str:
    """The sign of a region on the map: A, B, C and so on."""
    return chr(ord("A") + number)


def _is_equator(row: int) -> bool:
    return row == round(_NORTH / (_NORTH - _SOUTH) * (_HEIGHT - 1))


def _row(number: int, region: dict[str, Any], document: dict[str, Any]) -> list[str]:
    copies = region["replication"]
    name = region["region"]
    lag = "home" if name == document["home"] else f"{_seconds(copies['lag_max_s'])} ({copies['lag_target_s']:g} s)"
    shares = document["routes"][name]
    return [
        letter(number),
        name,
        region["city"],
        region["status"] if region["alive"] else "gone",
        _heard(region),
        "-" if region["health"] is None or not region["alive"] else str(region["health"]),
        f"{region['load']['utilisation']:.0%}",
        str(region["requests_10s"]),
        ", ".join(f"{collection} {version}" for collection, version in region["serves"].items()) or "-",
        str(copies["versions_behind"]),
        lag,
        ", ".join(f"{share['region']} {share['weight']:.0%} ({share['why'].replace('_', ' ')})" for share in shares),
    ]


def _heard(region: dict[str, Any]) -> str:
    """How long ago, as a member; `down` where others take it for gone."""
    silent_s, presence = region.get("silent_s"), region.get("presence")
    if silent_s is None:
        return "-"
    return f"{silent_s:.0f} s ago" + ("" if presence == "live" else f", {presence}")


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _versions(url: str, collections: Sequence[str]) -> dict[str, str]:
    """What one region serves, asked of it directly; a collection that it has no copy of is left out."""
    found: dict[str, str] = {}
    for name in collections:
        try:
            with connected(url) as client:
                found[name] = client.collections.get(name).version
        except CommandFailed:
            continue
    return found
