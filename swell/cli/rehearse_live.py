# ruff: noqa: PLC0415 - the generator loads when it runs: `swell --help` stays quick
"""`swell rehearse live`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.benching import interruptible, require_checkout
from swell.cli.failure import CommandFailed
from swell.cli.options import Json
from swell.cli.output import note, print_table, say

if TYPE_CHECKING:
    from benchmarks.live.play import LiveResult


def live(
    scenario: Annotated[str, typer.Argument(help="A name of `swell rehearse`'s list, or a YAML file.")],
    *,
    seconds: Annotated[
        float | None, typer.Option(min=2, max=3600, help="How long it is played.", show_default="the scenario's")
    ] = None,
    peak_share: Annotated[
        float, typer.Option(min=0.01, max=20, help="Its peak, as a share of what this machine answers at most.")
    ] = 0.6,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that serve.")] = 1,
    senders: Annotated[int, typer.Option(min=1, max=64, help="Processes that send.")] = 1,
    rows: Annotated[int, typer.Option(min=1000, max=1_000_000, help="Vectors in the collection.")] = 20_000,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", dir_okay=False, help="Keep the record.")] = None,
    as_json: Json = False,
) -> None:
    """Play the shape of a scenario with real requests, against a server of its own, on this machine's loopback.

    An open loop: each request is sent when it is due, and its latency counts from then, whatever became of those
    before. Exit codes: 1 where a promise of the scenario is broken, 3 where the generator was the bottleneck.
    """
    require_checkout()
    from benchmarks.live.play import LivePlan, play
    from benchmarks.rehearsal.result import to_json, write_run
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
    result = play(found, load_topology(), plan, note)
    run, sent = result.run, result.sent
    if out is not None:
        write_run(run, out)
    if as_json:
        typer.echo(to_json(run).decode())
    else:
        _tell(result)
    if sent.invalid is not None:
        note(f"INVALID: {sent.invalid}")
        raise typer.Exit(3)
    if not run.summary.survived:
        raise typer.Exit(1)


def _tell(result: "LiveResult") -> None:
    run, sent = result.run, result.sent
    summary = run.summary
    of = f"peak {summary.peak_rps:,.0f} a second of {result.peak_per_s:,.0f}"
    say(f"{run.meta.title}: {summary.asked:,.0f} requests, {of}")
    for line in run.meta.notes:
        say(f"  {line}")
    percentiles = (summary.p50_ms, summary.p99_ms, summary.p999_ms)
    rows = [
        ["served", f"{summary.served:,.0f}"],
        ["refused", f"{sum(summary.shed.values()):,.0f}"],
        ["failed", f"{summary.errors:,.0f}"],
        ["p50, p99, p99.9", ", ".join("none" if p is None else f"{p:.1f} ms" for p in percentiles)],
        ["generator: share of a core", f"{sent.cpu_share:.0%}"],
        ["generator: late, p99", f"{sent.wake_p99_ms:.2f} ms"],
    ]
    for promise in run.objectives:
        said = "not measured" if promise.met is None else "kept" if promise.met else "BROKEN"
        rows.append([f"promise: {promise.name} {promise.direction.replace('_', ' ')} {promise.limit:g}", said])
    print_table({"": "left", "seen": "right"}, rows)
