"""`swell collections`: create, look at and delete collections."""

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Collection, Json, Url
from swell.cli.output import human_size, print_json, print_table, say

if TYPE_CHECKING:
    from swell.client import CollectionDescription

app = typer.Typer(help="Create, list, look at and delete collections.", no_args_is_help=True, rich_markup_mode=None)


class Metric(StrEnum):
    """How closeness is scored."""

    COSINE = "cosine"
    DOT = "dot"
    EUCLIDEAN = "euclidean"


class Shape(StrEnum):
    """How a collection is replicated."""

    MESH = "mesh"
    HIERARCHICAL = "hierarchical"
    HYBRID = "hybrid"


@app.command("list")
def list_collections(*, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List all collections."""
    with connected(url) as client:
        found = client.collections.list()
    if as_json:
        print_json({"collections": [asdict(collection) for collection in found]})
    elif found:
        print_table(
            {"name": "left", "dimension": "right", "metric": "left", "shards": "right", "attributes": "left"},
            [[c.name, str(c.dimension), c.metric, str(c.shards), _attributes(c.attributes)] for c in found],
        )
    else:
        say("No collections yet; `swell collections create NAME --dimension N` makes one.")


@app.command("create")
def create_collection(
    name: Collection,
    *,
    dimension: Annotated[int, typer.Option(help="Numbers in each vector: 2 to 4096.")],
    metric: Annotated[Metric, typer.Option(help="How closeness is scored.")] = Metric.COSINE,
    shards: Annotated[int, typer.Option(help="Parts that commit independently: 1 to 64.")] = 1,
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:TYPE",
            help="An attribute to filter on: string, integer, float, boolean or string_list. May be repeated.",
        ),
    ] = None,
    replication: Annotated[
        Shape | None, typer.Option(help="Who copies it from whom; by default hybrid, the cheapest.")
    ] = None,
    home: Annotated[
        str | None, typer.Option(metavar="REGION", help="Where a new one commits; by default the home region.")
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Create a collection. Doing it again with the same settings changes nothing."""
    declared = dict(attribute_of(text) for text in attribute or [])
    with connected(url) as client:
        created = client.collections.create(
            name,
            dimension=dimension,
            metric=metric.value,
            shards=shards,
            attributes=declared,
            replication=replication.value if replication else None,
            home=home,
        )
    if as_json:
        print_json(asdict(created))
    else:
        say(f"Collection {created.name}: {created.dimension} dimensions, {created.metric}, {created.shards} shard(s).")


@app.command("get")
def get_collection(name: Collection, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show one collection: its settings, its size and its segments."""
    with connected(url) as client:
        found = client.collections.get(name)
    if as_json:
        print_json({**asdict(found), "size_bytes": found.size_bytes})
        return
    say(f"{found.name}: {found.records:,} records, version {found.version}, {human_size(found.size_bytes)}")
    say(f"{found.dimension} dimensions, {found.metric}, {found.shards} shard(s), created {found.created_at}")
    if found.attributes:
        say(f"attributes: {_attributes(found.attributes)}")
    if len(found.regions) > 1:
        _print_copies(found)
    print_table(
        {"shard": "right", "segment": "left", "rows": "right", "size": "right"},
        [[str(s.shard), s.kind, f"{s.rows:,}", human_size(s.size_bytes)] for s in found.segments],
    )


@app.command("explain")
def explain_collection(
    name: Collection,
    *,
    recall: Annotated[float, typer.Option(min=0.0, max=1.0, help="The recall to choose for.")] = 0.95,
    top_k: Annotated[int, typer.Option(min=1, max=1000, help="The number of records to choose for.")] = 10,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show what each method and effort was measured at when a segment was built, and what a query would use."""
    from swell.cli.explanations import explain  # noqa: PLC0415 - numpy loads only here

    with connected(url) as client:
        document = client.collections.describe(name)
    explanations = [explain(segment, recall=recall, top_k=top_k) for segment in document["segments"]]
    if as_json:
        print_json({"collection": name, "recall": recall, "top_k": top_k, "segments": explanations})
        return
    for explanation in explanations:
        say(f"\n{explanation['title']}: {explanation['choice']}")
        if explanation["efforts"]:
            print_table(
                {"method": "left", "effort": "left", "recall@10": "right", "recall@100": "right", "ms": "right"},
                [list(effort.values()) for effort in explanation["efforts"]],
            )


@app.command("delete")
def delete_collection(
    name: Collection,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Delete a collection and every record in it."""
    with connected(url) as client:
        if not yes:
            records = client.collections.get(name).records
            typer.confirm(f"Delete collection {name} with {records:,} records?", abort=True, err=True)
        client.collections.delete(name)
    if as_json:
        print_json({"deleted": name})
    else:
        say(f"Deleted collection {name}.")


def attribute_of(text: str) -> tuple[str, str]:
    """Name and type of an attribute as `--attribute` gives them.

    Raises:
        CommandFailed: it is not NAME:TYPE.
    """
    name, colon, kind = text.partition(":")
    if not (name and colon and kind):
        raise CommandFailed(f"--attribute: got {text!r}, allowed: NAME:TYPE, such as rank:integer", code="usage")
    return name, kind


def _print_copies(found: "CollectionDescription") -> None:
    say(f"commits in {found.home}, replicated as {found.replication}")
    print_table(
        {"region": "left", "copies from": "left", "version": "left", "behind": "right", "lag": "right"},
        [
            [
                copy.region,
                copy.source or ("home" if copy.region == found.home else "does not follow"),
                copy.version or "-",
                str(copy.versions_behind),
                "-" if copy.lag_s is None else f"{copy.lag_s:.2f} s",
            ]
            for copy in found.regions
        ],
    )


def _attributes(declared: object) -> str:
    return ", ".join(f"{name}:{kind}" for name, kind in dict(declared).items())  # type: ignore[call-overload]
