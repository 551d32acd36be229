"""`swell status`: what a server holds, and what it gives up."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import human_size, print_json, print_table, say
from swell.cli.region_map import print_region_map, region_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.client import CollectionDescription, Swell


def status(*, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show whether a server is ready, in which serving mode, and what it holds."""
    with connected(url) as client:
        client.check_ready()
        mode = client.serving_mode()
        declared = [one.name for one in client.collections.list()]
        found, unreadable = _described(client, declared)
    regions = region_map(url, declared)
    if as_json:
        collections = [{**asdict(one), "size_bytes": one.size_bytes} for one in found]
        shown = {"map": regions} if regions else {}
        shown |= {"unreadable": unreadable} if unreadable else {}
        print_json({"url": url, "ready": True, "serving_mode": mode, "collections": collections, **shown})
        return
    say(f"{url} is ready, in serving mode {mode}.")
    if regions:
        print_region_map(regions)
    for name, why in unreadable.items():
        say(f"{name} cannot be read: {why}")
    if found:
        say()
        _print_collections(found)
    elif not unreadable:
        say("No collections yet; `swell collections create NAME --dimension N` makes one.")


def _described(client: "Swell", names: "Sequence[str]") -> "tuple[list[CollectionDescription], dict[str, Any]]":
    """What can be told of each collection, and why nothing can of the others: one that is damaged hides no region."""
    from swell.client import ServerError, UnavailableError  # noqa: PLC0415 - httpx loads when a command calls a server

    found, unreadable = [], {}
    for name in names:
        try:
            found.append(client.collections.get(name))
        except (ServerError, UnavailableError) as error:
            unreadable[name] = str(error)
    return found, unreadable


def _print_collections(found: "Sequence[CollectionDescription]") -> None:
    print_table(
        {
            "collection": "left",
            "records": "right",
            "dimension": "right",
            "metric": "left",
            "version": "left",
            "segments": "left",
            "size": "right",
        },
        [
            [
                one.name,
                f"{one.records:,}",
                str(one.dimension),
                one.metric,
                one.version,
                _segments(one),
                human_size(one.size_bytes),
            ]
            for one in found
        ],
    )


def _segments(collection: "CollectionDescription") -> str:
    """Such as `2 base, 5 delta`."""
    kinds = [segment.kind for segment in collection.segments]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds))) or "none"
