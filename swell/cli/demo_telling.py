"""How the demo tells its story: lines and small tables on stdout, progress on stderr."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from swell.cli.output import human_size, note, print_table, say, stderr_console
from swell.cli.program import program_name
from swell.demo.changes import Check
from swell.demo.ingest import FOREST_FROM_ROWS, Ingested
from swell.demo.measurements import Latency, Recall
from swell.demo.questions import Answered
from swell.demo.report import DemoReport
from swell.demo.words import CREDITS

# What fits beside the longest question in a terminal of 80 columns.
_SHOWN_ANSWERS: Final = 4
_WIDTH: Final = 80


class Telling:
    """`quiet` tells nothing on stdout: the report is for a program."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def starting(self, directory: Path, *, emulators: bool) -> None:
        """Before the runtime starts."""
        note(f"Starting Swell {'on the emulators (some seconds)' if emulators else 'in this process'} in {directory} …")

    def started(self, url: str, took_s: float) -> None:
        """The runtime is up."""
        self._say(f"Swell is up at {url} after {took_s:.1f} s.")

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar on stderr that ends with the block (a line, where stderr is a file); the value takes how far it is."""
        console = stderr_console()
        if not console.is_terminal:
            note(f"  {what} …")
            yield lambda _: None
            return
        columns = (TextColumn(f"  {what:<11}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.update(task, completed=done)

    def ingested(self, ingested: Ingested) -> None:
        """All words are in."""
        collection = ingested.collection
        count = f"{collection.records:,}"
        self._say(f"""
{count} words went in, 50 numbers each, in requests of 1,000:
  {ingested.accepted_s:5.1f} s   all are accepted: none is lost even if a function crashes now
  {ingested.searchable_s:5.1f} s   all are searchable ({collection.records / ingested.searchable_s:,.0f} words/s)
  {ingested.indexed_s:5.1f} s   {_forests(ingested)}""")

    def answers(self, answers: Sequence[Answered]) -> None:
        """The questions and what was found."""
        if self._quiet:
            return
        say("\nNearest words, with their cosine; the question's own words are left out:\n")
        print_table(
            {"question": "left", "nearest": "left"},
            [
                [
                    str(one.question),
                    ", ".join(f"{match.id} {match.score:.2f}" for match in one.matches[:_SHOWN_ANSWERS]),
                ]
                for one in answers
            ],
        )

    def measured(self, recall: Recall, latency: Latency, count: int) -> None:
        """Recall and time."""
        self._say(f"""
{recall.queries} words that are not in the index (ranks {count + 1:,} to {count + recall.queries:,}) as queries:
  recall@10 {recall.at_10:.3f}   against every cosine computed one by one
  p50 {latency.p50_ms:.1f} ms, p99 {latency.p99_ms:.1f} ms   {latency.queries} queries one by one over HTTP""")

    def changing(self) -> None:
        """Before the changes."""
        self._say("\nWrites, each looked for at the version that it returned:")

    def checked(self, check: Check) -> None:
        """One change was looked at."""
        self._say(f"  {'ok' if check.holds else 'NO'}  {check.claim} ({check.took_ms:.0f} ms)")

    def summary(self, report: DemoReport) -> None:
        """What flowed, what is on disk, where to go next."""
        say("\nEvents through the functions:\n")
        print_table(
            {"function": "left", "event": "left", "outcome": "left", "deliveries": "right"},
            [[one.function, one.event_type, one.outcome, f"{one.count:,}"] for one in report.events],
        )
        disk = report.disk
        say(
            f"\n{disk.files} files, {human_size(disk.size_bytes)}, in {report.data_dir}; {report.total_s:.0f} s in all."
        )
        say(f"\n{_next_steps(report)}\n\n{fill(CREDITS, _WIDTH)}")

    def _say(self, text: str) -> None:
        if not self._quiet:
            say(text)


def _forests(ingested: Ingested) -> str:
    base, delta = (ingested.collection.rows(kind) for kind in ("base", "delta"))
    if not base:
        return f"no forest: below {FOREST_FROM_ROWS:,} rows an exact scan is faster"
    rest = f", {delta:,} newer ones are scanned exactly" if delta else ""
    return f"{base:,} are in Annoy forests{rest}"


def _next_steps(report: DemoReport) -> str:
    program = program_name()
    if report.runtime == "emulators":
        return f"The emulators forget everything when they stop. To play on, without them:\n  {program} demo"
    return f"""Next, with these words: start a server in one terminal, and ask in another:
  {program} up --data {report.data_dir}
  {program} query words --id goal --top-k 5
  {program} status"""
