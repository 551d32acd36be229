"""`swell export`: a collection into a Parquet file."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.transfers.progress import Progress
from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Collection, Json, Url
from swell.cli.output import human_size, print_json, say
from swell.cli.transfer_bar import transfer_bar

if TYPE_CHECKING:
    from swell.client import Operation, Swell


def export_file(
    collection: Collection,
    file: Annotated[Path | None, typer.Argument(help="Where to write the Parquet file on this machine.")] = None,
    *,
    uri: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Where the server writes it: gs://bucket/name or file:name. No FILE."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Export a collection as it is now: one consistent version, in one Parquet file.

    Columns: id, vector, and one for each declared attribute; other attributes are in attributes:json.
    `swell import` makes the same collection of it again.
    """
    if (file is None) == (uri is None):
        raise typer.BadParameter("give a FILE of this machine, or --uri with one that the server can write")
    if file is not None and file.exists() and not force:
        raise CommandFailed(f"{file} exists; --force replaces it", code="conflict")
    with connected(url) as client:
        done = _exported(client, collection, uri, quiet=as_json)
        size_bytes = None if file is None else _fetched(client, done, file, quiet=as_json)
    result: dict[str, Any] = dict(done.result or {})
    if file is not None:
        result |= {"uri": str(file), "size_bytes": size_bytes}
    if as_json:
        print_json({"collection": collection, "operation": done.id, **result})
    else:
        size = human_size(result["size_bytes"])
        say(f"{result['rows']:,} record(s) of version {result['version']} in {result['uri']}, {size}.")


def _exported(client: "Swell", collection: str, uri: str | None, *, quiet: bool) -> "Operation":
    started_s = time.monotonic()
    operation = client.collection(collection).export_file(uri)
    with transfer_bar(f"Exporting {collection}", wanted=not quiet) as update:

        def on_look(now: "Operation") -> None:
            shown, elapsed_s = now.progress, time.monotonic() - started_s
            update(Progress(shown.rows_done, shown.rows_total, shown.bytes_done, shown.bytes_total, elapsed_s))

        return client.operations.wait(operation.id, on_look)


def _fetched(client: "Swell", done: "Operation", file: Path, *, quiet: bool) -> int:
    """Bring the file here; the server then need not keep it."""
    started_s, rows = time.monotonic(), (done.result or {})["rows"]
    total, arrived = (done.result or {})["size_bytes"], 0
    with transfer_bar(f"Fetching {file.name}", wanted=not quiet) as update:

        def on_bytes(count: int) -> None:
            nonlocal arrived
            arrived += count
            update(Progress(rows * arrived // total, rows, arrived, total, time.monotonic() - started_s))

        try:
            size_bytes = client.operations.download(done.id, file, on_bytes)
        except OSError as error:
            raise CommandFailed(f"{file}: {error.strerror}", code="not_written") from None
    client.operations.remove_file(done.id)
    return size_bytes
