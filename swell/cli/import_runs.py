"""What `swell import` does: from a file of this machine over HTTP, or by the server from a URI."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import orjson

from shared.bulk.choice import Choice
from shared.bulk.formats import Format, format_of, open_reader
from shared.bulk.rows import Contents, RowReader
from shared.bulk.source import LocalSource
from shared.domain.limits import MAX_DECLARED_ATTRIBUTES, MAX_RECORDS_PER_REQUEST, MAX_REQUEST_BYTES
from shared.transfers.progress import Progress
from swell.cli.collections import attribute_of
from swell.cli.failure import CommandFailed, Interrupted
from swell.cli.output import note
from swell.cli.transfer_bar import transfer_bar
from swell.client import CollectionDescription, NotFoundError, Swell
from swell.upload.checkpoint import Checkpoint, Subject, checkpoint_path
from swell.upload.identity import fingerprint
from swell.upload.uploading import Upload


@dataclass(frozen=True)
class Creation:
    """How to create a collection that does not exist; what is None follows from the file."""

    dimension: int | None
    metric: str | None
    shards: int
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """What to import into which collection; with `creation` it is made where it does not exist."""

    client: Swell
    collection: str
    form: Format | None
    choice: Choice
    creation: Creation | None
    quiet: bool


@dataclass(frozen=True)
class Sending:
    """How to send a file."""

    wait: Literal["accepted", "committed"]
    connections: int
    restart: bool


@dataclass(frozen=True)
class ImportReport:
    """What was imported. `rows_before` had arrived in an earlier run of the command."""

    collection: str
    rows: int
    rows_before: int
    version: str | None
    seconds: float
    operation: str | None = None

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def import_local(wanted: Wanted, file: Path, sending: Sending) -> ImportReport:
    """Send the rows of a file that have not arrived.

    Raises:
        CommandFailed: the file is not there.
        InvalidFile: it is not of its format, or a row cannot be read.
        ClientError: the server refused, or does not answer.
    """
    try:
        source = LocalSource(file)
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}", code="no_such_file") from None
    form = wanted.form or format_of(file.name)
    with open_reader(source, wanted.choice, form) as reader:
        target = _target(wanted, reader.contents)
        _check_dimension(file, reader, target)
        subject = Subject(
            file=fingerprint(source, form),
            server=wanted.client.url,
            collection=wanted.collection,
            created_at=target.created_at,
            batch_rows=_batch_rows(target.dimension),
            fields=_plain({"format": form, **vars(wanted.choice)}),
        )
        found = None if sending.restart else Checkpoint.load(checkpoint_path(file, wanted.collection), subject)
        return _send(wanted, source, reader, found or Checkpoint(subject), sending)


def _send(
    wanted: Wanted, source: LocalSource, reader: RowReader, checkpoint: Checkpoint, sending: Sending
) -> ImportReport:
    assert source.path is not None  # noqa: S101 - it is local
    path, before = checkpoint_path(source.path, wanted.collection), _rows_of(checkpoint, reader.contents.rows)
    if before:
        note(f"{before:,} records of {source.name} had arrived; going on from there.")
    started_s, total = time.monotonic(), reader.contents.rows
    with transfer_bar(f"Importing {source.name}", wanted=not wanted.quiet) as update:

        def on_rows(rows: int, byte: int) -> None:
            left = None if total is None else total - before
            update(Progress(rows, left, byte, source.size_bytes, time.monotonic() - started_s))

        upload = Upload(
            reader=reader,
            target=wanted.client.collection(wanted.collection),
            checkpoint=checkpoint,
            saved_at=path if _is_writable(path) else None,
            connections=sending.connections,
            wait_for=sending.wait,
            on_rows=on_rows,
        )
        try:
            upload.run()
        except KeyboardInterrupt:
            raise Interrupted(_interrupted(before + upload.rows_sent, upload)) from None
    path.unlink(missing_ok=True)
    seconds = round(time.monotonic() - started_s, 3)
    return ImportReport(wanted.collection, upload.rows_sent, before, checkpoint.version or None, seconds)


def import_remote(wanted: Wanted, uri: str) -> ImportReport:
    """Have the server import a file, and wait until it has.

    Raises:
        CommandFailed: the collection does not exist, and cannot be created without a dimension.
        ClientError: the server refused, failed, or does not answer.
    """
    _target(wanted, Contents(None, None))
    started_s, client = time.monotonic(), wanted.client
    operation = client.collection(wanted.collection).import_file(
        uri, **_plain({"format": wanted.form, **vars(wanted.choice)})
    )
    with transfer_bar(f"Importing {uri}", wanted=not wanted.quiet) as update:
        try:
            done = client.operations.wait(operation.id, lambda now: update(_progress(now.progress, started_s)))
        except KeyboardInterrupt:
            way_out = f"it goes on on the server; `swell operations cancel {operation.id}` would call it off"
            raise Interrupted(f"import {operation.id}: {way_out}") from None
    result = done.result or {}
    seconds = round(time.monotonic() - started_s, 3)
    return ImportReport(wanted.collection, result["rows"], 0, result["version"] or None, seconds, operation.id)


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON has it, so that it is the same again when it is read back."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(given))
    return plain


def _progress(shown: Any, started_s: float) -> Progress:
    elapsed_s = time.monotonic() - started_s
    return Progress(shown.rows_done, shown.rows_total, shown.bytes_done, shown.bytes_total, elapsed_s)


def _target(wanted: Wanted, contents: Contents) -> CollectionDescription:
    """The collection, made from what the file says where it does not exist and may be made."""
    client, name, creation = wanted.client, wanted.collection, wanted.creation
    try:
        return client.collections.get(name)
    except NotFoundError:
        if creation is None:
            raise CommandFailed(
                f"collection {name!r} does not exist; --create makes it from what the file says", code="not_found"
            ) from None
    dimension = creation.dimension or contents.dimension
    if dimension is None:
        raise CommandFailed("--dimension: nothing says how many numbers a vector has", code="invalid_request")
    given = dict(attribute_of(text) for text in creation.attributes)
    declared = {attribute: kind.value for attribute, kind in contents.attributes.items()}
    metric = creation.metric or (contents.metric.value if contents.metric else "cosine")
    attributes = dict(islice({**given, **declared, **given}.items(), MAX_DECLARED_ATTRIBUTES))
    client.collections.create(name, dimension=dimension, metric=metric, shards=creation.shards, attributes=attributes)
    if not wanted.quiet:
        note(_created(name, dimension, metric, attributes))
    return client.collections.get(name)


def _created(name: str, dimension: int, metric: str, attributes: Mapping[str, str]) -> str:
    declared = ", ".join(f"{attribute} ({kind})" for attribute, kind in attributes.items())
    filters = f"filters may name {declared}" if declared else "filters need attributes: --attribute NAME:TYPE"
    return f"Created collection {name}: dimension {dimension}, {metric}; {filters}."


def _check_dimension(file: Path, reader: RowReader, target: CollectionDescription) -> None:
    found = reader.contents.dimension
    if found not in (None, target.dimension):
        raise CommandFailed(
            f"{file.name}: vectors have {found} numbers, those of collection {target.name} have {target.dimension}",
            code="invalid_request",
        )


def _batch_rows(dimension: int) -> int:
    """Rows of one request: base64 of float32, and as much again for ids and attributes."""
    return max(1, min(MAX_RECORDS_PER_REQUEST, MAX_REQUEST_BYTES // (2 * dimension * 16 // 3 + 200)))


def _rows_of(checkpoint: Checkpoint, total: int | None) -> int:
    """Rows that have arrived; the last batch of a file may be shorter than the others."""
    rows = checkpoint.cursor.row + len(checkpoint.beyond) * checkpoint.subject.batch_rows
    return rows if total is None else min(rows, total)


def _is_writable(path: Path) -> bool:
    try:
        path.touch()
    except OSError as error:
        note(f"Cannot note in {path.parent} what has arrived ({error.strerror}): interrupted, it would start again.")
        return False
    return True


def _interrupted(rows: int, upload: Upload) -> str:
    way_out = "" if upload.saved_at is None else "; the same command goes on from there"
    return f"interrupted after {rows:,} records{way_out}"
