"""`swell erasures`: receipts of what is being erased, or was."""

from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import print_json, say

if TYPE_CHECKING:
    from swell.client import Erasure

app = typer.Typer(help="Look at receipts of erasures.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def erasures() -> None:
    """Look at receipts of erasures."""


@app.command("show")
def show_erasure(
    erasure: Annotated[str, typer.Argument(metavar="ID", help="The id that `swell delete --erase` printed.")],
    *,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show how far an erasure is, and what is left of it where."""
    with connected(url) as client:
        found = client.erasures.get(erasure)
    if as_json:
        print_json(vars(found))
    else:
        _say(found)


def _say(found: "Erasure") -> None:
    say(f"erasure in {found.collection}, asked for {found.requested_at}: {found.state}")
    if found.erased_at:
        say(f"vectors and attributes: looked for and not found {found.erased_at}")
    if found.is_proven:
        say(f"ids: looked for and not found {found.proven_at}")
    else:
        say(f"ids stay in tombstones at least until {found.ids_leave_after}")
        say(f"messages: Pub/Sub drops them by {found.messages_kept_until}")
    for shard in found.shards:
        left = ", ".join(f"{count} {kind}" for kind, count in shard["remains"].items()) or "nothing seen"
        say(f"  shard {shard['shard']}: {shard['state']}, left at the last look: {left}")
        for region, report in shard["regions"].items():
            say(f"    {region}: {report['remains']} objects left")
