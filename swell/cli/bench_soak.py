# ruff: noqa: PLC0415 - the benchmarks load when they run: `swell --help` stays quick
"""`swell bench soak`: everything at once, for minutes."""

from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.benching import interruptible, require_checkout
from swell.cli.options import Json
from swell.cli.output import Align, note, print_json, print_table, say

if TYPE_CHECKING:
    from benchmarks.soak.findings import SoakReport


def soak(
    *,
    as_json: Json = False,
    minutes: Annotated[float, typer.Option(min=0.25, max=24 * 60, help="How long.")] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="Another one asks other things.")] = 1,
) -> None:
    """Query, write and follow in two regions while one of them and Redis are killed again and again.

    The exit code is 1 where an answer was wrong, an acknowledged write is gone, an update of a standing query was lost
    or came twice, or connections, files, threads or memory were not given back. Linux only: it reads /proc.
    """
    require_checkout()
    import tempfile
    from pathlib import Path

    from benchmarks.soak.run import soak as run

    interruptible()
    with tempfile.TemporaryDirectory(prefix="swell-soak-") as directory:
        report = run(minutes, Path(directory), note, seed)
    if as_json:
        print_json(report.to_document())
    else:
        _tell(report)
    if not report.is_clean:
        raise typer.Exit(1)


def _tell(report: "SoakReport") -> None:
    found = report.findings
    say(f"{report.minutes:g} minutes" + ("" if report.with_redis else ", without Redis: no redis-server here"))
    print_table(
        {"done": "left", "times": "right"}, [[name, f"{times:,}"] for name, times in sorted(found.done.items())]
    )
    if found.refused:
        rows = [[name, f"{times:,}"] for name, times in sorted(found.refused.items())]
        print_table({"not answered in time": "left", "times": "right"}, rows)
    kinds = (
        "wrong answer",
        "own write not read",
        "committed write lost",
        "update lost",
        "update repeated",
        "went back",
    )
    rows = [[kind, str(found.wrong[kind]), "PASS" if not found.wrong[kind] else "MISS"] for kind in kinds]
    rows.append(["not given back", str(len(report.leaks)), "PASS" if not report.leaks else "MISS"])
    print_table({"wrong": "left", "times": "right", "": "left"}, rows)
    columns: dict[str, Align] = {
        "held idle, before → after": "left",
        "sockets": "right",
        "files": "right",
        "threads": "right",
        "MB": "right",
    }
    print_table(
        columns,
        [
            [
                held.name + ("" if held.is_same else " (killed in between)"),
                f"{held.before.sockets} → {held.after.sockets}",
                f"{held.before.files} → {held.after.files}",
                f"{held.before.threads} → {held.after.threads}",
                f"{held.before.anonymous_kb / 1000:.0f} → {held.after.anonymous_kb / 1000:.0f}",
            ]
            for held in report.held
        ],
    )
    never = [f"{what}: never happened" for what in report.left_out]
    for line in [*found.examples, *report.leaks, *never]:
        say(line)
