# ruff: noqa: PLC0415 - numpy loads when records are read: `swell --help` stays quick
"""`swell update`: change parts of records."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.domain.limits import MAX_RECORDS_PER_REQUEST
from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Collection, Json, Url
from swell.cli.output import note, print_json, say
from swell.cli.records import Wait, WaitOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from swell.cli.record_lines import ChangeLine
    from swell.client import WriteReceipt


def update(
    collection: Collection,
    file: Annotated[Path, typer.Argument(help="JSON lines; - reads stdin.", allow_dash=True)],
    *,
    wait: WaitOption = Wait.COMMITTED,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Change parts of records, from a file of JSON lines.

    A line names a record and what changes; all else stays, and an attribute that is null is removed:

    {"id": "a", "attributes": {"rank": 2, "note": null}}

    A vector may be given too, and as if_version the version that `swell fetch` shows: the line has its effect only
    while the record is at it. Exits with 1 if a record does not exist, or is at another version.
    """
    from swell.cli.record_lines import in_lines, read_changes
    from swell.client import ClientError, InvalidRequestError

    receipts: list[WriteReceipt] = []
    with connected(url) as client:
        target = client.collection(collection)
        for lines in _chunks(read_changes(file)):
            try:
                receipt = target.update(
                    [line.id for line in lines],
                    attributes=[line.attributes for line in lines],
                    vectors=[line.vector for line in lines],
                    if_versions=[line.if_version for line in lines],
                    wait=wait.value,
                )
            except ClientError as error:
                shown = in_lines(error, file, lines) if isinstance(error, InvalidRequestError) else error
                shown.records_accepted = error.records_accepted + sum(one.accepted for one in receipts)
                raise shown from None
            receipts.append(receipt)
    _report(receipts, wait, collection, as_json=as_json)


def _chunks(lines: "Iterator[ChangeLine]") -> "Iterator[list[ChangeLine]]":
    """As many lines as one request takes, no id twice: changes of one record add up, in their order."""
    chunk: dict[str, ChangeLine] = {}
    for line in lines:
        if line.id in chunk or len(chunk) == MAX_RECORDS_PER_REQUEST:
            yield list(chunk.values())
            chunk = {}
        chunk[line.id] = line
    if chunk:
        yield list(chunk.values())


def _report(receipts: "list[WriteReceipt]", wait: Wait, collection: str, *, as_json: bool) -> None:
    from swell.client.asking import together

    receipt = together(receipts)
    missing, conflicts = list(receipt.missing), list(receipt.conflicts)
    if as_json:
        answer = {"accepted": receipt.accepted, "version": receipt.version}
        print_json({**answer, "missing": missing, "conflicts": conflicts})
    else:
        version = f", version {receipt.version}." if receipt.version else "."
        say(f"{receipt.accepted - len(missing) - len(conflicts):,} record(s) {wait.value}{version}")
        if missing:
            note(f"Not in {collection}: {', '.join(missing)}")
        if conflicts:
            note(f"At another version: {', '.join(conflicts)}")
    if missing or conflicts:
        raise typer.Exit(1)
