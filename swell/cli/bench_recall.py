# ruff: noqa: PLC0415 - the benchmark loads when it runs: `swell --help` stays quick
"""`swell bench recall`."""

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.benching import VectorsChoice, interruptible, require_checkout, set_names
from swell.cli.options import Json
from swell.cli.output import note, print_json, print_table, say

if TYPE_CHECKING:
    from benchmarks.recall import RecallReport


class MetricChoice(StrEnum):
    """What `--metric` takes."""

    COSINE = "cosine"
    DOT = "dot"
    EUCLIDEAN = "euclidean"
    ALL = "all"


def recall(
    *,
    as_json: Json = False,
    data: Annotated[VectorsChoice, typer.Option(help="Which vectors.")] = VectorsChoice.ALL,
    metric: Annotated[MetricChoice, typer.Option(help="Under which metric.")] = MetricChoice.ALL,
    rows: Annotated[int | None, typer.Option(min=1000, help="Only the first so many vectors.")] = None,
    queries: Annotated[int, typer.Option(min=10, max=2000, help="How many queries.")] = 500,
    top_k: Annotated[int, typer.Option(min=1, max=1000, help="How many matches a query wants.")] = 10,
) -> None:
    """Ask for recalls of 0.8 to 1.0 and count what is found, on queries that are not among the vectors.

    In one process, without HTTP. Goal: at most 0.02 below what was asked; at 1.0 everything is found.
    """
    require_checkout()
    from dataclasses import asdict

    from benchmarks.measure.machine import look_at_machine
    from benchmarks.peers import telling
    from benchmarks.recall import METRICS, measure_recall
    from benchmarks.vectors.catalog import read_set
    from shared.domain.collection import Metric
    from shared.telemetry import log_to

    interruptible()
    machine = look_at_machine()
    metrics = METRICS if metric is MetricChoice.ALL else (Metric(metric.value),)
    reports = []
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - not a file
        log_to(nowhere)
        try:
            for name in set_names(data):
                note(f"Writing {name}, and asking it under each metric …")
                for report in measure_recall(read_set(name, rows, queries), metrics, top_k):
                    reports.append(report)
                    if not as_json:
                        _tell(report)
        finally:
            log_to(None)
    met = all(each.met for report in reports for each in report.achieved)
    if as_json:
        print_json({"machine": asdict(machine), "met": met, "reports": [asdict(report) for report in reports]})
    else:
        say(telling.machine_line(machine))
    if not met:
        raise typer.Exit(1)


def _tell(report: "RecallReport") -> None:
    say(
        f"{report.name}, {report.metric}: {report.rows:,} vectors of {report.dimension} dimensions, "
        f"segments: {report.segments}, queries: {report.queries:,}"
    )
    columns = ("asked", f"recall@{report.top_k}", "p50", "methods", "goal")
    print_table(
        dict.fromkeys(columns, "right"),
        [
            (
                f"{one.asked:g}",
                f"{one.found:.4f}",
                f"{one.p50_ms:.2f} ms",
                ", ".join(f"{method} {count}" for method, count in sorted(one.methods.items())),
                "PASS" if one.met else "MISS",
            )
            for one in report.achieved
        ],
    )
    say()
