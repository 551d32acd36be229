# ruff: noqa: PLC0415 - the benchmarks load when they run: `swell --help` stays quick
"""`swell bench`: Swell beside its peers, and what limits it."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.bench_compare import compare as bench_compare
from swell.cli.bench_filters import filters
from swell.cli.bench_fuzz import fuzz
from swell.cli.bench_knee import knee
from swell.cli.bench_quick import quick
from swell.cli.bench_recall import recall as bench_recall
from swell.cli.bench_soak import soak
from swell.cli.benching import VectorsChoice, interruptible, require_checkout, set_names
from swell.cli.options import Json
from swell.cli.output import Align, note, print_json, print_table, say

if TYPE_CHECKING:
    from benchmarks.measure.machine import Machine
    from benchmarks.peers.comparison import Comparison

app = typer.Typer(no_args_is_help=True, help="Measure Swell: beside its peers, over sizes, inside one request.")
app.command("compare")(bench_compare)
app.command()(filters)
app.command()(fuzz)
app.command()(knee)
app.command()(quick)
app.command()(soak)
app.command("recall")(bench_recall)


Workers = Annotated[
    int | None, typer.Option(min=1, max=64, help="Processes that serve HTTP.", show_default="one for each core")
]
Quick = Annotated[bool, typer.Option("--quick", help="Fewer vectors and shorter rounds: under a minute.")]


@app.command()
def peers(
    *,
    as_json: Json = False,
    data: Annotated[VectorsChoice, typer.Option(help="Which vectors.")] = VectorsChoice.WORDNET,
    rows: Annotated[int | None, typer.Option(min=1000, help="Only the first so many vectors.")] = None,
    quick: Quick = False,
    workers: Workers = None,
) -> None:
    """Compare with Chroma's server over HTTP, in turns, and with hnswlib and Annoy in process.

    Both servers are set to the least effort that reaches a recall@10 of 0.985. Chroma is installed on first use,
    into an environment of its own. Everything stays on this machine's loopback.
    """
    require_checkout()
    from dataclasses import replace

    from benchmarks.measure.machine import look_at_machine, usable_cores
    from benchmarks.peers.comparison import FULL, QUICK
    from benchmarks.peers.run import compare, to_document

    interruptible()
    machine = look_at_machine()
    extent = QUICK if quick else FULL
    extent = extent if rows is None else replace(extent, rows=rows)
    compared = []
    for comparison in compare(set_names(data), extent, workers or usable_cores(), note):
        compared.append(comparison)
        if not as_json:
            _tell(comparison)
    if as_json:
        print_json(to_document(machine, compared))
    else:
        _tell_machine(machine)


@app.command()
def scaling(
    *,
    as_json: Json = False,
    sizes: Annotated[str, typer.Option(help="Numbers of vectors, with commas between.")] = "10000,100000,1000000",
    dimension: Annotated[int, typer.Option(min=2, max=4096)] = 128,
    recall: Annotated[float, typer.Option(min=0.01, max=1, help="What every query asks for.")] = 0.95,
    rounds: Annotated[int, typer.Option(min=1, max=100)] = 5,
    workers: Workers = None,
) -> None:
    """See how the time of a query grows with the number of vectors (synthetic, clustered), on Swell alone."""
    require_checkout()
    from dataclasses import asdict

    from benchmarks.measure.machine import look_at_machine, usable_cores
    from benchmarks.peers import telling
    from benchmarks.peers.rounds import Plan
    from benchmarks.scaling import ScalingPlan, measure_scaling

    interruptible()
    machine = look_at_machine()
    plan = ScalingPlan(_numbers(sizes), dimension, recall, workers or usable_cores(), Plan(rounds, 2.0, 2.0))
    reports, capacity = measure_scaling(plan, note)
    if as_json:
        measured = [{**asdict(one), "met": one.met} for one in reports]
        print_json({"machine": asdict(machine), "plan": asdict(plan), "capacity": asdict(capacity), "sizes": measured})
        return
    say(f"\nclustered vectors of {dimension} dimensions, recall {recall:g} asked, {plan.workers} workers\n")
    print_table(_aligned(telling.SIZE_COLUMNS, numbers=9), telling.size_rows(reports))
    say(f"\n{telling.noise_line([visit for one in reports for visit in one.visits])}")
    say(telling.machine_line(machine))


@app.command()
def profile(
    *,
    as_json: Json = False,
    data: Annotated[VectorsChoice, typer.Option(help="Which vectors; one set.")] = VectorsChoice.WORDNET,
    rows: Annotated[int | None, typer.Option(min=1000, help="Only the first so many vectors.")] = None,
    recall: Annotated[float, typer.Option(min=0.01, max=1, help="What every query asks for.")] = 0.95,
    seconds: Annotated[float, typer.Option(min=0.5, max=60, help="Of each of the runs.")] = 2.0,
) -> None:
    """See where the time of one warm query goes: HTTP, body, search, answer."""
    require_checkout()
    from dataclasses import asdict

    from benchmarks.measure.machine import look_at_machine
    from benchmarks.peers import telling
    from benchmarks.profile_request import profile_request, report_lines
    from benchmarks.vectors.catalog import load_set

    if data is VectorsChoice.ALL:
        raise typer.BadParameter("got 'all', allowed: one set", param_hint="--data")
    interruptible()
    machine = look_at_machine()
    profiled = profile_request(load_set(data.value, rows, 1000), recall, seconds)
    if as_json:
        print_json({"machine": asdict(machine), **asdict(profiled)})
        return
    for line in [*report_lines(profiled), "", telling.machine_line(machine)]:
        say(line)


@app.command()
def standing(
    *,
    as_json: Json = False,
    queries: Annotated[int, typer.Option(min=1, max=100_000, help="Standing queries.")] = 10_000,
    rows: Annotated[int, typer.Option(min=100, help="Vectors stored before.")] = 20_000,
    commits: Annotated[int, typer.Option(min=1, max=1000, help="Commits of 100 vectors each.")] = 20,
) -> None:
    """See what standing queries cost: a commit matched against all of them, and how soon it is pushed.

    In one process, on SQLite and a directory, without a network; synthetic clustered vectors of 128 dimensions.
    """
    require_checkout()
    from dataclasses import asdict

    from benchmarks.measure.machine import look_at_machine
    from benchmarks.peers import telling
    from benchmarks.standing import StandingPlan, measure_standing
    from shared.telemetry import log_to

    interruptible()
    machine = look_at_machine()
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - not a file
        log_to(nowhere)
        try:
            note(f"Writing {rows:,} vectors, then {commits} commits matched against {queries:,} standing queries …")
            report = measure_standing(StandingPlan(queries=queries, rows=rows, commits=commits))
        finally:
            log_to(None)
    if as_json:
        print_json({"machine": asdict(machine), **asdict(report)})
        return
    say(f"{report.queries:,} standing queries over {report.rows:,} vectors of 128 dimensions; commits of 100")
    say(f"first answers            {report.first_answers_s:.2f} s for all")
    say(f"matching one commit      {report.match_ms:.0f} ms, one product for all")
    say(f"searching all again      {report.search_ms:.0f} ms, one by one: {report.ratio:.0f} times as long")
    say(
        f"from commit to push      p50 {report.push_p50_ms:.0f} ms, p99 {report.push_p99_ms:.0f} ms, "
        f"{report.pushes:,} pushes"
    )
    say(telling.machine_line(machine))


@app.command()
def batching(
    *,
    as_json: Json = False,
    rows: Annotated[int, typer.Option(min=1000)] = 20_000,
    recall: Annotated[float, typer.Option(min=0.01, max=1, help="What every query asks for.")] = 0.95,
    rounds: Annotated[int, typer.Option(min=1, max=100)] = 3,
    seconds: Annotated[float, typer.Option(min=0.2, max=60, help="Of each visit.")] = 2.0,
) -> None:
    """See the throughput of one process with and without batching, at 1, 16 and 64 connections."""
    require_checkout()
    from dataclasses import asdict

    from benchmarks.batching import BatchingPlan, cells, measure_batching
    from benchmarks.measure.machine import look_at_machine

    interruptible()
    machine = look_at_machine()
    plan = BatchingPlan(rows=rows, recall=recall, rounds=rounds, seconds=seconds)
    reports = measure_batching(plan, note)
    if as_json:
        print_json({"machine": asdict(machine), "plan": asdict(plan), "reports": [asdict(one) for one in reports]})
        return
    say(f"\nclustered, {rows:,} vectors, {plan.dimension} dimensions, recall {recall:g} asked, one process\n")
    print_table(dict.fromkeys(("connections", "with, QPS", "without, QPS", "ratio", "range"), "right"), cells(reports))


@app.command()
def overload(
    *,
    as_json: Json = False,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Of the overload.")] = 20.0,
    times: Annotated[float, typer.Option(min=2, max=50, help="How many times the peak is offered.")] = 10.0,
    queries: Annotated[int, typer.Option(min=1, max=100, help="Query vectors in each request.")] = 64,
    rows: Annotated[int, typer.Option(min=1000)] = 20_000,
) -> None:
    """Offer one process ten times what it can answer, and see what becomes of it.

    The exit code is 1 where a goal is missed, 97 where the load generator was the bottleneck.
    """
    require_checkout()
    from dataclasses import asdict

    from benchmarks.analysis import exit_codes
    from benchmarks.measure.machine import look_at_machine
    from benchmarks.overload.goals import goals
    from benchmarks.overload.run import OverloadPlan, measure_overload

    interruptible()
    machine = look_at_machine()
    plan = OverloadPlan(rows=rows, queries=queries, times=times, seconds=seconds)
    report = measure_overload(plan, note)
    reached = goals(report)
    if as_json:
        judged = [{**asdict(one), "met": one.met} for one in reached]
        print_json({"machine": asdict(machine), "plan": asdict(plan), "report": asdict(report), "goals": judged})
    else:
        say(f"\n{report.line()}\n")
        columns: dict[str, Align] = {"goal": "left", "seen": "right", "allowed": "right", "": "left"}
        print_table(columns, [[one.name, one.seen_text, one.allowed_text, one.verdict] for one in reached])
        if report.invalid:
            say(f"\nINVALID: {report.invalid}")
    if report.invalid:
        raise typer.Exit(exit_codes.INVALID)
    if not all(one.met for one in reached):
        raise typer.Exit(1)


def _tell(comparison: "Comparison") -> None:
    from benchmarks.peers import telling
    from benchmarks.peers.goals import measures

    say(f"\n{telling.heading(comparison.vectors)}")
    for system in comparison.systems:
        say(telling.settings_line(system))
    say()
    print_table(_aligned(telling.COLUMNS, numbers=4), telling.rows(measures(comparison)))
    say()
    print_table(_aligned(telling.FLOOR_COLUMNS, numbers=5), telling.floor_rows(comparison))
    say(f"\n{telling.generator_line(comparison)}")
    say(telling.noise_line([visit for system in comparison.systems for visit in system.visits]))
    if comparison.wrk:
        say(telling.wrk_line(comparison))


def _tell_machine(machine: "Machine") -> None:
    from benchmarks.peers import telling

    say(telling.machine_line(machine))


def _aligned(columns: Sequence[str], *, numbers: int) -> dict[str, Align]:
    """The first column to the left, then so many columns of numbers to the right, the rest to the left."""
    return {name: "right" if 0 < place <= numbers else "left" for place, name in enumerate(columns)}


def _numbers(text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isdecimal() and int(part) >= 1000 for part in parts):
        raise typer.BadParameter(f"got {text!r}, allowed: whole numbers from 1000, with commas between")
    return [int(part) for part in parts]
