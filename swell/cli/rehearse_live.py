# ruff: noqa: PLC0415 - the generator loads when it runs: `swell --help` stays quick
"""`swell rehearse live`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.benching import interruptible, require_checkout
from swell.cli.failure import CommandFailed
from swell.cli.options import Json, can_be_written
from swell.cli.output import note, print_table, say
from swell.cli.writing import write_after_telling

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

    from benchmarks.live.play import LiveResult, OneProtocol
    from benchmarks.rehearsal.result import Run

_AS_AFTER_CTRL_C = 130


def live(
    scenario: Annotated[str, typer.Argument(help="A name of `swell rehearse`'s list, or a YAML file.")],
    *,
    seconds: Annotated[
        float | None, typer.Option(min=2, max=3600, help="How long it is played.", show_default="the scenario's")
    ] = None,
    peak_share: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=20,
            help="Its peak, as a share of what this machine answers at most.",
            show_default="the scenario's own rate",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that serve.")] = 1,
    senders: Annotated[int, typer.Option(min=1, max=64, help="Processes that send.")] = 1,
    rows: Annotated[int, typer.Option(min=1000, max=1_000_000, help="Vectors in the collection.")] = 20_000,
    out: Annotated[
        Path | None, typer.Option("--out", callback=can_be_written, metavar="FILE", help="Keep the record.")
    ] = None,
    hdr: Annotated[
        Path | None,
        typer.Option("--hdr", callback=can_be_written, metavar="FILE", help="Keep latencies as an HDR log."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Play the shape of a scenario with real requests, against a server of its own, on this machine's loopback.

    An open loop: each request is sent when it is due, and its latency counts from then, whatever became of those
    before. What is asked, by which protocol and for which keys is the scenario's. Its rule of abortion ends it, and
    Ctrl-C does: what was seen until then is told as PARTIAL. Exit codes are those of `swell report-run`: 0 kept,
    99 broken, 98 not proven, 97 invalid, such as where the generator was the bottleneck; 130 after Ctrl-C.
    """
    require_checkout()
    from benchmarks.live.play import LivePlan, play
    from benchmarks.load.histograms import hdr_log
    from benchmarks.rehearsal.record_file import to_json
    from benchmarks.scenarios.catalog import BadScenario, find_scenario
    from shared.topology import load_topology

    interruptible()
    try:
        found = find_scenario(scenario)
    except BadScenario as error:
        raise CommandFailed(str(error), code="bad_scenario") from error
    plan = LivePlan(
        seconds=seconds or found.live.seconds, peak_share=peak_share, rows=rows, workers=workers, processes=senders
    )
    try:
        result = play(found, load_topology(), plan, note)
    except BadScenario as error:
        raise CommandFailed(str(error), code="bad_scenario") from error
    run = result.run
    if as_json:
        typer.echo(to_json(run).decode())
    else:
        _tell(result)
    if out is not None:
        write_after_telling(out, to_json(run))
    if hdr is not None:
        log = hdr_log(result.sent.histograms, run.axis.start_s, run.axis.points * run.axis.step_s)
        write_after_telling(hdr, log)
    end(result)


def end(result: "LiveResult") -> None:
    """Say what a run is not, and exit as it was: with the code of its verdict, or as after any Ctrl-C."""
    from benchmarks.load.open_loop import INTERRUPTED
    from benchmarks.reports.report import report_on

    for line in result.run.meta.notes:
        if line.startswith(("INVALID", "PARTIAL")):
            note(line)
    if result.sent.ended_early == INTERRUPTED:
        raise typer.Exit(_AS_AFTER_CTRL_C)
    raise typer.Exit(report_on(result.run).exit_code)


def _tell(result: "LiveResult") -> None:
    from benchmarks.reports.report import report_on

    run, sent = result.run, result.sent
    summary = run.summary
    of = f"peak {summary.peak_rps:,.0f} a second of {result.peak_per_s:,.0f}"
    say(f"LIVE · {run.meta.scenario}: {run.meta.title}: {summary.asked:,.0f} requests, {of}")
    for line in run.meta.notes:
        say(f"  {line}")
    percentiles = (summary.p50_ms, summary.p99_ms, summary.p999_ms)
    rows = [
        ["served", f"{summary.served:,.0f}"],
        ["failed", f"{summary.errors:,.0f}"],
        ["p50, p99, p99.9", ", ".join("none" if p is None else f"{p:.1f} ms" for p in percentiles)],
        ["generator: share of a core", f"{sent.cpu_share:.0%}"],
        ["generator: late, p99", f"{sent.wake_p99_ms:.2f} ms"],
    ]
    for one in report_on(run).judged:
        promise = one.objective
        rows.append([f"promise: {promise.name} {promise.direction.replace('_', ' ')} {promise.limit:g}", one.verdict])
    print_table({"": "left", "seen": "right"}, rows)
    say()
    if run.phases:
        _tell_phases(run)
    columns = ("protocol", "asked", "answered", "p50", "p99", "first event p50", "p99 of it")
    print_table(
        {name: "left" if name == "protocol" else "right" for name in columns},
        [[name, *_figures(one)] for name, one in result.protocols.items()],
    )


def _tell_phases(run: "Run") -> None:
    """What its faults did to it."""
    faults = (entry for entry in run.timeline if entry.kind == "fault")
    say("\n".join(f"  {entry.at_s - run.axis.start_s:6.1f} s  {entry.text}" for entry in faults))
    columns = ("faults", "seconds", "asked", "failed", "p50", "p95", "p99")
    rows = []
    for one in run.phases:
        percentiles = ("-" if value is None else f"{value:.1f} ms" for value in (one.p50_ms, one.p95_ms, one.p99_ms))
        rows.append(
            [one.name, f"{one.from_s:.1f} to {one.to_s:.1f}", f"{one.asked:,}", f"{one.errors:,}", *percentiles]
        )
    print_table({name: "left" if name == "faults" else "right" for name in columns}, rows)
    say()


def _figures(one: "OneProtocol") -> list[str]:
    from benchmarks.load.histograms import percentile_ms

    def told(histogram: "HdrHistogram | None", percent: float) -> str:
        value = None if histogram is None else percentile_ms(histogram, percent)
        return "-" if value is None else f"{value:.1f} ms"

    latencies = [told(histogram, percent) for histogram in (one.latency, one.first) for percent in (50, 99)]
    return [f"{one.asked:,}", f"{one.answered:,}", *latencies]
