# ruff: noqa: PLC0415 - numpy loads when vectors are read: `swell --help` stays quick
"""`swell watch`: follow a standing query."""

from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Collection, Url
from swell.cli.output import say

if TYPE_CHECKING:
    from swell.client import WatchedAnswer


def watch(
    collection: Collection,
    *,
    vector: Annotated[str | None, typer.Option(metavar="JSON", help="A vector, such as '[0.1, 0.2]'.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="The vector of a stored record, as it is now.")] = None,
    top_k: Annotated[int, typer.Option(help="How many records to follow: 1 to 1000.")] = 10,
    min_score: Annotated[float | None, typer.Option(help="Only records that score at least this.")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many answers.", show_default="never")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Show the nearest records, and again whenever a commit changes them; Ctrl-C ends it."""
    if (vector is None) == (id_ is None):
        raise typer.BadParameter("exactly one is needed", param_hint="--vector, --id")
    from swell.cli.record_lines import parse_vectors

    with connected(url) as client:
        target = client.collection(collection)
        if vector is not None:
            wanted = parse_vectors(vector, "--vector")[0]
        else:
            found = target.fetch([id_ or ""], include=["vector"]).records
            if not found or found[0].vector is None:
                raise CommandFailed(f"record {id_!r} does not exist in collection {collection!r}", code="not_found")
            wanted = found[0].vector
        before: list[str] = []
        try:
            for number, answer in enumerate(target.watch(wanted, top_k=top_k, min_score=min_score), start=1):
                _tell(answer, before, as_json=as_json)
                before = answer.ids
                if number == count:
                    return
        except KeyboardInterrupt:
            return


def _tell(answer: "WatchedAnswer", before: list[str], *, as_json: bool) -> None:
    if as_json:
        matches = [{"id": match.id, "score": match.score} for match in answer.matches]
        say(orjson.dumps({"matches": matches, "version": answer.version, "token": answer.token}).decode())
        return
    say(f"version {answer.version}")
    for match in answer.matches:
        say(f"  {' ' if match.id in before else '+'} {match.score:9.4f}  {match.id}")
    for record_id in before:
        if record_id not in answer.ids:
            say(f"  -            {record_id}")
