# ruff: noqa: PLC0415 - the benchmark loads when it runs: `swell --help` stays quick
"""`swell bench filters`."""

import os
from typing import Annotated

import typer

from swell.cli.benching import interruptible, require_checkout
from swell.cli.options import Json
from swell.cli.output import note, print_json, print_table, say


def filters(
    *,
    as_json: Json = False,
    wordnet: Annotated[bool, typer.Option("--wordnet", help="WordNet's vectors, from a file.")] = False,
    rows: Annotated[int, typer.Option(min=10_000, max=1_000_000, help="How many vectors.")] = 100_000,
    recall: Annotated[float, typer.Option(min=0.01, max=1, help="What every query asks for.")] = 0.95,
    rounds: Annotated[int, typer.Option(min=1, max=100)] = 5,
) -> None:
    """See the recall at selectivities from 0.01 % to 100 %, and what a filter adds to the time of a search.

    In one process, without HTTP; synthetic clustered vectors of 128 dimensions. Goals: a recall of 0.95 everywhere,
    no answer short of what matches, and at most 2 ms for a filter that 1 % of 100,000 rows matches.
    """
    require_checkout()
    from dataclasses import asdict

    from benchmarks.filters import MOST_ADDED_MS, FiltersPlan, measure_filters
    from benchmarks.measure.machine import look_at_machine
    from benchmarks.peers import telling
    from benchmarks.vectors.catalog import load_set
    from benchmarks.vectors.synthetic import make_clustered
    from shared.telemetry import log_to

    interruptible()
    note(f"Writing {rows:,} vectors, then {rounds} rounds of searches at each selectivity; minutes on a busy machine …")
    machine = look_at_machine()
    vectors = load_set("wordnet", rows, 200) if wordnet else make_clustered(rows, 200, 128)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - not a file
        log_to(nowhere)
        try:
            report = measure_filters(vectors, FiltersPlan(recall=recall, top_k=10, rounds=rounds, timed=50))
        finally:
            log_to(None)
    if as_json:
        print_json({"machine": asdict(machine), "set": vectors.name, "recall": recall, **asdict(report)})
        return
    say(f"{report.rows:,} vectors ({vectors.name}) of {report.dimension} dimensions in {report.segments} segments")
    say(f"recall {recall:g} asked; a search without a filter: {report.plain_ms:.2f} ms\n")
    columns = (
        "matching",
        "rows",
        "recall@10",
        "short",
        "p50",
        "added",
        "of no filter",
        "lowest to highest",
        "anew",
        "goals",
    )
    print_table(
        dict.fromkeys(columns, "right"),
        [
            (
                f"{one.share * 100:g} %",
                f"{one.matching:,}",
                f"{one.recall:.3f}",
                str(one.short),
                f"{one.p50_ms:.2f} ms",
                f"{one.added_ms:+.2f} ms",
                f"{one.ratio.median:.2f}",
                f"{one.ratio.smallest:.2f} to {one.ratio.largest:.2f}",
                f"+{one.anew_ms:.2f} ms",
                "PASS" if one.met and (one.share != 0.01 or one.added_ms <= MOST_ADDED_MS) else "MISS",
            )
            for one in report.selectivities
        ],
    )
    say(telling.machine_line(machine))
