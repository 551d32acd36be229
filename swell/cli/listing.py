"""`swell list` and `swell count`: what a collection holds, without searching for it."""

from itertools import islice
from typing import Annotated

import typer

from shared.domain.limits import MAX_RECORDS_PER_REQUEST
from swell.cli.connection import connected
from swell.cli.filters import parsed_filter
from swell.cli.options import DEFAULT_URL, Collection, Json, Url
from swell.cli.output import note, print_json, print_table, say
from swell.cli.searches import compact

FilterOption = Annotated[
    str | None,
    typer.Option("--filter", metavar="JSON", help="""Only records that match: '{"eq": {"genre": "jazz"}}'."""),
]


def list_records(
    collection: Collection,
    *,
    filter_: FilterOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many records at most.")] = 20,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Go on behind this record.")] = None,
    with_vectors: Annotated[bool, typer.Option("--vectors", help="With --json: the vectors, too.")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show the records of a collection, in an order that depends on their ids alone.

    Every write committed before is seen. What it says at the end goes on where it stopped; `swell export` writes all
    of a collection into a file.
    """
    with connected(url) as client:
        found = client.collection(collection).list_records(
            filter=parsed_filter(filter_),
            include=["attributes", "vector"] if with_vectors and as_json else ["attributes"],
            after=after,
            page_records=min(limit + 1, MAX_RECORDS_PER_REQUEST),
            consistency="strong",
        )
        records = list(islice(found, limit + 1))
    shown = records[:limit]
    next_id = shown[-1].id if len(records) > limit else None
    if as_json:
        fields = ("id", "version", "attributes", *(["vector"] if with_vectors else []))
        print_json({"records": [{name: getattr(one, name) for name in fields} for one in shown], "next": next_id})
        return
    if shown:
        print_table({"id": "left", "attributes": "left"}, [[one.id, compact(one.attributes)] for one in shown])
    else:
        say("No record." if after is None else "No further record.")
    if next_id is not None:
        note(f"There are more: --after {next_id!r}, or a higher --limit")


def count(
    collection: Collection, *, filter_: FilterOption = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Count the records of a collection, or those that match a filter. Every write committed before is seen."""
    with connected(url) as client:
        records = client.collection(collection).count(parsed_filter(filter_), consistency="strong")
    if as_json:
        print_json({"count": records})
    else:
        say(f"{records:,}")
