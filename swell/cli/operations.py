"""`swell operations`: look at imports and exports, and call them off."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import print_json, say

if TYPE_CHECKING:
    from swell.client import Operation

app = typer.Typer(help="Look at imports and exports, and call them off.", no_args_is_help=True, rich_markup_mode=None)

OperationId = Annotated[str, typer.Argument(metavar="ID", help="The id of the operation.")]


@app.command("get")
def get_operation(operation: OperationId, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show how far an operation is."""
    with connected(url) as client:
        _print(client.operations.get(operation), as_json=as_json)


@app.command("cancel")
def cancel_operation(operation: OperationId, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Call an operation off: it ends after its current step. Rows that were imported stay."""
    with connected(url) as client:
        _print(client.operations.cancel(operation), as_json=as_json)


def _print(operation: "Operation", *, as_json: bool) -> None:
    if as_json:
        print_json(_document(operation))
        return
    progress = operation.progress
    total = f" of {progress.rows_total:,}" if progress.rows_total is not None else ""
    reason = f": {operation.error['detail']}" if operation.error else ""
    say(f"{operation.kind} of {operation.collection}, {operation.uri}: {operation.state}{reason}")
    say(f"{progress.rows_done:,}{total} records")


def _document(operation: "Operation") -> dict[str, Any]:
    return {**vars(operation), "progress": vars(operation.progress)}
