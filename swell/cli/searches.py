# ruff: noqa: PLC0415 - numpy loads when vectors are read: `swell --help` stays quick
"""`swell query` and `swell fetch`: read records."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from swell.cli.connection import connected
from swell.cli.filters import parsed_filter
from swell.cli.options import DEFAULT_URL, Collection, Json, Url
from swell.cli.output import note, print_json, print_table, say

if TYPE_CHECKING:
    from swell.client import Collection as RemoteCollection
    from swell.client import QueryResult, Record


def query(
    collection: Collection,
    *,
    vector: Annotated[str | None, typer.Option(metavar="JSON", help="A vector, such as '[0.1, 0.2]'.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="A stored record: what is near it, itself left out?")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A file of vectors, as JSON; - reads stdin.", allow_dash=True)
    ] = None,
    top_k: Annotated[int, typer.Option(help="How many records to find: 1 to 1000.")] = 10,
    recall: Annotated[
        float | None, typer.Option(help="The share of the true nearest to aim at; 1.0 searches exactly.")
    ] = None,
    filter_: Annotated[
        str | None,
        typer.Option("--filter", metavar="JSON", help="""Only records that match: '{"eq": {"genre": "jazz"}}'."""),
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Find the nearest records, best first. Every write committed before is seen."""
    given = [name for name, value in (("--vector", vector), ("--id", id_), ("--file", file)) if value is not None]
    if len(given) != 1:
        raise typer.BadParameter(
            f"got {' and '.join(given) or 'none'}, allowed: exactly one", param_hint="--vector, --id, --file"
        )
    with connected(url) as client:
        results = _search(
            client.collection(collection),
            vector=vector,
            record_id=id_,
            file=file,
            options={"top_k": top_k, "recall": recall, "filter": parsed_filter(filter_)},
        )
    if as_json:
        documents = [_result_document(result) for result in results]
        print_json(documents[0] if file is None and len(documents) == 1 else {"results": documents})
        return
    for number, result in enumerate(results, start=1):
        if len(results) > 1:
            say(f"\nQuery {number}" if number > 1 else f"Query {number}")
        _print_result(result)


def fetch(
    collection: Collection,
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="The ids of the records.")],
    *,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show stored records. Every write committed before is seen."""
    with connected(url) as client:
        found = client.collection(collection).fetch(list(dict.fromkeys(ids)), consistency="strong")
    if as_json:
        fields = ("id", "version", "attributes", "vector")
        records = [{name: getattr(one, name) for name in fields} for one in found.records]
        print_json({"records": records, "missing": found.missing, "version": found.version})
        return
    if found.records:
        print_table(
            {"id": "left", "version": "left", "attributes": "left", "vector": "left"},
            [[one.id, one.version or "", compact(one.attributes), _start_of(one)] for one in found.records],
        )
    if found.missing:
        note(f"Not in {collection}: {', '.join(found.missing)}")


def _search(
    target: "RemoteCollection",
    *,
    vector: str | None,
    record_id: str | None,
    file: Path | None,
    options: dict[str, Any],
) -> "Sequence[QueryResult]":
    from swell.cli.record_lines import parse_vectors, read_vectors

    wanted = {**options, "include": ["attributes"], "consistency": "strong"}
    if record_id is not None:
        return [target.query(id=record_id, **wanted)]
    vectors = read_vectors(file) if file is not None else parse_vectors(vector or "", "--vector")
    if file is None and len(vectors) == 1:
        return [target.query(vectors[0], **wanted)]
    return target.query_many(vectors, **wanted)


def _result_document(result: "QueryResult") -> dict[str, Any]:
    return {
        "matches": [{"id": one.id, "score": one.score, "attributes": one.attributes} for one in result.matches],
        "version": result.version,
        "method": result.method,
        "recall_target": result.recall_target,
        "took_ms": result.took_ms,
        "serving_mode": result.serving_mode,
        **({} if result.top_k is None else {"top_k": result.top_k}),
        **({"partial": True} if result.is_partial else {}),
    }


def _print_result(result: "QueryResult") -> None:
    with_attributes = any(match.attributes for match in result.matches)
    rows = [
        [match.id, f"{match.score:.4f}", *([compact(match.attributes)] if with_attributes else [])]
        for match in result.matches
    ]
    if with_attributes:
        print_table({"id": "left", "score": "right", "attributes": "left"}, rows)
    else:
        print_table({"id": "left", "score": "right"}, rows)
    say(f"{len(rows)} found at version {result.version} ({result.method}, {result.took_ms:.1f} ms on the server)")
    if result.top_k is not None:
        note(f"At most {result.top_k} were searched for: the serving mode is {result.serving_mode}.")


def compact(attributes: Any) -> str:
    """Attributes in one cell of a table; nothing where there are none."""
    return orjson.dumps(attributes).decode() if attributes else ""


def _start_of(record: "Record", numbers: int = 6) -> str:
    if record.vector is None:
        return ""
    shown = ", ".join(f"{number:.4g}" for number in record.vector[:numbers])
    return f"[{shown}{', …' if len(record.vector) > numbers else ''}] ({len(record.vector)})"
