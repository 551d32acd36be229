# ruff: noqa: PLC0415 - the analysis loads when it runs: `swell --help` stays quick
"""`swell report-run`: what the record of a rehearsal proves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.benching import require_checkout
from swell.cli.failure import CommandFailed
from swell.cli.options import Json, can_be_written
from swell.cli.output import print_json, say
from swell.cli.writing import write_whole

if TYPE_CHECKING:
    from benchmarks.rehearsal.result import Run


def report_run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `swell rehearse … --json` printed.")],
    *,
    md: Annotated[
        Path | None, typer.Option(callback=can_be_written, metavar="FILE", help="Write it as Markdown.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(callback=can_be_written, metavar="FILE", help="Write it as one page, whole in itself."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(callback=can_be_written, metavar="FILE", help="Write the objectives as JUnit's XML.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Compare with this earlier record of the same.")
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(callback=can_be_written, metavar="FILE", help="Print the page: needs Chromium or Chrome."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge a record: objectives with intervals, score, what stood out, what limits it, what to change.

    Exit code 0: kept, 99: an objective is broken, 98: not proven by so few requests, 97: nothing was asked;
    96: no objective is broken, and something is worse than in the record of --against.
    """
    require_checkout()
    from benchmarks.analysis.against import NotComparable
    from benchmarks.reports.document import to_document
    from benchmarks.reports.junit import to_junit
    from benchmarks.reports.markdown import to_markdown
    from benchmarks.reports.printing import print_page
    from benchmarks.reports.report import report_on
    from benchmarks.reports.whole_page import to_html
    from shared.topology import load_topology

    try:
        report = report_on(_record(file), None if against is None else _record(against))
    except NotComparable as error:
        raise CommandFailed(f"{against}: {error}", code="not_comparable") from error
    if md is not None:
        write_whole(md, to_markdown(report))
    if html is not None:
        write_whole(html, to_html(report, load_topology()))
    if junit is not None:
        write_whole(junit, to_junit(report))
    if pdf is not None:
        print_page(to_html(report, load_topology()), pdf)
    if as_json:
        print_json(to_document(report))
    else:
        say(to_markdown(report))
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _record(path: Path) -> "Run":
    from benchmarks.rehearsal.record_file import UnreadableRun, read_run

    try:
        return read_run(path)
    except UnreadableRun as error:
        raise CommandFailed(f"{path}: {error}", code="unreadable_run") from error
