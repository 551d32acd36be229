# ruff: noqa: PLC0415 - numpy loads when records are read: `swell --help` stays quick
"""`swell upsert` and `swell delete`: write records."""

from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.domain.limits import MAX_RECORDS_PER_REQUEST
from swell.cli.connection import connected
from swell.cli.filters import parsed_filter
from swell.cli.options import DEFAULT_URL, Collection, Json, Url
from swell.cli.output import note, print_json, say, stderr_console

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from swell.cli.record_lines import RecordLine
    from swell.client import Collection as RemoteCollection
    from swell.client import WriteReceipt


class Wait(StrEnum):
    """When a write returns."""

    ACCEPTED = "accepted"
    COMMITTED = "committed"


WaitOption = Annotated[
    Wait, typer.Option(help="Return when the write is durable (accepted), or when queries find it (committed).")
]


def upsert(
    collection: Collection,
    file: Annotated[Path, typer.Argument(help="JSON lines; - reads stdin.", allow_dash=True)],
    *,
    wait: WaitOption = Wait.COMMITTED,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Write records from a file of JSON lines.

    A line holds one record; attributes may be left out:

    {"id": "a", "vector": [0.1, 0.2], "attributes": {"rank": 1}}

    A record that exists is replaced. Of several lines with one id the last one counts.
    """
    from swell.cli.record_lines import read_records

    accepted, version = 0, None
    with connected(url) as client, stderr_console().status("Reading …") as progress:
        target = client.collection(collection)
        try:
            for lines in _chunks(read_records(file)):
                receipt = _upsert(target, file, lines, wait, accepted)
                accepted, version = accepted + receipt.accepted, receipt.version
                progress.update(f"{accepted:,} records {wait.value} …")
        except KeyboardInterrupt:
            note(f"swell: interrupted after {accepted:,} records; all may be sent again")
            raise
    _report(accepted, version, wait, as_json=as_json)


def delete(
    collection: Collection,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="The ids of the records.")] = None,
    *,
    matching: Annotated[
        str | None, typer.Option("--filter", metavar="JSON", help="Delete what matches this filter, instead of ids.")
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Also erase all that is stored of them; follow with `swell erasures show`.")
    ] = False,
    wait: WaitOption = Wait.COMMITTED,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Delete records by id, or by a filter. An id that does not exist is fine."""
    if bool(ids) == (matching is not None):
        raise typer.BadParameter("give ids or --filter, one of the two")
    unique = list(dict.fromkeys(ids or [])) or None
    condition = None if matching is None else parsed_filter(matching)
    with connected(url) as client:
        target = client.collection(collection)
        if erase:
            _report_erasures(target.erase(unique, filter=condition, wait=wait.value), as_json=as_json)
            return
        if condition is not None:
            receipt = target.delete_matching(condition, wait=wait.value)
            _report(receipt.deleted or 0, receipt.version, wait, as_json=as_json)
            return
        receipt = target.delete(unique or [], wait=wait.value)
    _report(receipt.accepted, receipt.version, wait, as_json=as_json)


def _report_erasures(erasures: "Sequence[str]", *, as_json: bool) -> None:
    if as_json:
        print_json({"erasures": list(erasures)})
        return
    say("Deleted; being erased. Follow it with:")
    for erasure in erasures:
        say(f"  swell erasures show {erasure}")


def _upsert(
    target: "RemoteCollection", file: Path, lines: "Sequence[RecordLine]", wait: Wait, accepted_before: int
) -> "WriteReceipt":
    from swell.cli.record_lines import in_lines
    from swell.client import ClientError, InvalidRequestError

    try:
        return target.upsert(
            ids=[line.id for line in lines],
            vectors=[line.vector for line in lines],
            attributes=[line.attributes for line in lines],
            wait=wait.value,
        )
    except ClientError as error:
        shown = in_lines(error, file, lines) if isinstance(error, InvalidRequestError) else error
        shown.records_accepted = accepted_before + error.records_accepted
        raise shown from None


def _chunks(lines: "Iterator[RecordLine]") -> "Iterator[list[RecordLine]]":
    """As many lines as one request takes; a later one of the same id takes the place of the earlier."""
    while chunk := {line.id: line for line in islice(lines, MAX_RECORDS_PER_REQUEST)}:
        yield list(chunk.values())


def _report(count: int, version: str | None, wait: Wait, *, as_json: bool) -> None:
    if as_json:
        print_json({"accepted": count, "version": version})
    else:
        say(f"{count:,} record(s) {wait.value}" + (f", version {version}." if version else "."))
