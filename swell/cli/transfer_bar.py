# ruff: noqa: PLC0415 - rich is imported when there is a terminal to draw on: `swell --help` stays quick
"""The bar that moves while an import or export runs: rows, rate, time left."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.transfers.progress import Progress
from swell.cli.output import stderr_console

Update = Callable[[Progress], None]


@contextmanager
def transfer_bar(label: str, *, wanted: bool) -> Iterator[Update]:
    """A bar on stderr until the block ends; where stderr is no terminal, or none is wanted, nothing."""
    if not wanted or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Bars(*columns, console=stderr_console(), transient=True) as bars:
        task = bars.add_task(label, total=None, told="starting …")

        def update(progress: Progress) -> None:
            share = progress.share
            bars.update(task, total=None if share is None else 1.0, completed=share or 0.0, told=told(progress))

        yield update


def told(progress: Progress) -> str:
    """How far, how fast, how long."""
    rows = f"{progress.rows_done:,}" + (f" of {progress.rows_total:,}" if progress.rows_total is not None else "")
    rate = f", {progress.rows_per_s:,.0f} a second" if progress.rows_per_s else ""
    left = f", {_duration(progress.eta_s)} left" if progress.eta_s else ""
    return f"{rows} records{rate}{left}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"
