# ruff: noqa: PLC0415 - numpy, httpx and the readers load when a file is imported: `swell --help` stays quick
"""`swell import`: files of vectors into a collection."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.bulk.choice import Choice
from shared.bulk.formats import Format
from swell.cli.collections import Metric
from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Collection, Json, Url
from swell.cli.output import print_json, say
from swell.cli.records import Wait

if TYPE_CHECKING:
    from swell.cli.import_runs import ImportReport


def import_file(
    collection: Collection,
    file: Annotated[Path | None, typer.Argument(help="A file of this machine: its rows are sent over HTTP.")] = None,
    *,
    uri: Annotated[
        str | None,
        typer.Option(metavar="URI", help="A file that the server can read: gs://bucket/name or file:name. No FILE."),
    ] = None,
    file_format: Annotated[
        Format | None, typer.Option("--format", help="Where the name of the file does not tell.")
    ] = None,
    id_field: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where the ids are. Default: id or ids; arrays may have none.")
    ] = None,
    vector_field: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where the vectors are. Default: vector, vectors or train.")
    ] = None,
    attribute_field: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Attributes to import, default all. May be repeated.")
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Create the collection if it does not exist.")] = False,
    dimension: Annotated[
        int | None, typer.Option(help="Of a collection to create; needed with --uri, else as in the file.")
    ] = None,
    metric: Annotated[
        Metric | None, typer.Option(help="Of a collection to create. Default: what the file says, else cosine.")
    ] = None,
    shards: Annotated[int, typer.Option(help="Of a collection to create.")] = 1,
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:TYPE",
            help="Of a collection to create: an attribute to filter on, beside those that columns of the file tell.",
        ),
    ] = None,
    wait: Annotated[
        Wait, typer.Option(help="Send no faster than rows are durable (accepted), or found by queries (committed).")
    ] = Wait.COMMITTED,
    connections: Annotated[int, typer.Option(min=1, max=64, help="Requests under way at once.")] = 4,
    restart: Annotated[bool, typer.Option("--restart", help="Send all rows, also those that have arrived.")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Import vectors from a file: Parquet, CSV, JSON lines, .npy, .npz, or HDF5 as ann-benchmarks writes it.

    --create declares the attributes that columns of Parquet and CSV tell; JSON lines and --uri need --attribute. CSV
    has its columns in the first line, `year:integer` for what is no text, and vectors as [0.1, 0.2].
    A record that exists is replaced. Of several rows with one id the last one counts.
    Interrupted, the same command goes on where it was: what has arrived is noted in a hidden file beside FILE.

    \b
    swell import words words.parquet --create --metric cosine
    swell import glove glove-100-angular.hdf5 --create
    swell import words --uri gs://my-bucket/words.parquet
    """  # noqa: D301 - the backspace keeps the lines apart
    from swell.cli.import_runs import Creation, Sending, Wanted, import_local, import_remote

    if (file is None) == (uri is None):
        raise typer.BadParameter("give a FILE of this machine, or --uri with one that the server can read")
    names = None if attribute_field is None else tuple(attribute_field)
    choice = Choice(id_field, vector_field, names)
    creation = Creation(dimension, metric.value if metric else None, shards, tuple(attribute or ())) if create else None
    with connected(url) as client:
        wanted = Wanted(client, collection, file_format, choice, creation, quiet=as_json)
        if file is not None:
            report = import_local(wanted, file, Sending(wait.value, connections, restart=restart))
        else:
            report = import_remote(wanted, uri or "")
    _print(report, as_json=as_json)


def _print(report: "ImportReport", *, as_json: bool) -> None:
    if as_json:
        print_json(report.to_document())
        return
    before = f" ({report.rows_before:,} had arrived before)" if report.rows_before else ""
    version = f", version {report.version}" if report.version else ""
    rate = f", {report.rows / report.seconds:,.0f} a second" if report.seconds else ""
    say(f"{report.rows:,} record(s) imported{before} in {report.seconds:,.1f} s{rate}{version}.")
