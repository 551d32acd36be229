# ruff: noqa: PLC0415 - the runtime, numpy and the words load when the demo starts: `swell --help` stays quick
"""`swell demo`: see it work, on this machine, in half a minute."""

from pathlib import Path
from typing import Annotated, Final

import typer

from swell.cli.failure import CommandFailed
from swell.cli.options import Emulators, Json
from swell.cli.output import print_json

DEFAULT_DATA: Final = Path(".swell/demo")
DEFAULT_WORDS: Final = 60_000


def demo(
    *,
    emulators: Emulators = False,
    words: Annotated[
        int, typer.Option(min=5_000, max=399_800, help="How many words, most frequent first.")
    ] = DEFAULT_WORDS,
    data: Annotated[
        Path,
        typer.Option("--data", metavar="DIR", file_okay=False, help="An empty directory, or that of an earlier demo."),
    ] = DEFAULT_DATA,
    crowd: Annotated[
        bool, typer.Option("--crowd", help="Show an evening with a crowd instead: two hours and more in a minute.")
    ] = False,
    as_json: Json = False,
) -> None:
    """See it work: real words go in, questions are answered.

    Ingests GloVe word vectors, asks what is near to what, replaces and deletes words, and measures all of it.
    Starts a Swell of its own and stops it at the end; the data stay, so that `swell up` can serve them.
    With --crowd it plays an evening: a calendar file, plan, jobs, prewarm, crowd, step down, and a budget too small.
    Exits with 1 if recall@10 is below 0.95 or a replaced or deleted word is still found.
    """
    if crowd:
        from swell.cli.demo_crowd import show_crowd

        show_crowd(emulators=emulators, as_json=as_json)
        return
    from swell.cli.demo_telling import Telling
    from swell.cli.demo_walk import walk

    telling = Telling(quiet=as_json)
    report = walk(telling, count=words, directory=data, emulators=emulators)
    if as_json:
        print_json(report.to_document())
    else:
        telling.summary(report)
    if report.shortcomings():
        raise CommandFailed("; ".join(report.shortcomings()), code="promise_broken")
