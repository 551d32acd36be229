# ruff: noqa: PLC0415 - the simulator loads when it runs: `swell --help` stays quick
"""`swell rehearse calibrate` and `arithmetic`: what the simulator is measured by, and what a crowd needs."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.benching import interruptible, require_checkout
from swell.cli.options import Json
from swell.cli.output import note, print_json, print_table, say

if TYPE_CHECKING:
    from benchmarks.rehearsal.calibrating import Calibrated


def calibrate(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Write the file that the simulator reads.")] = False,
    seconds: Annotated[
        float, typer.Option(min=1, max=120, help="At half load, in each round; at others as many requests.")
    ] = 1.0,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="How often each load is measured.")] = 32,
    as_json: Json = False,
) -> None:
    """Measure a real `swell up` on this machine, and how far the simulator is from it. Goal: 15 % up to 70 % load.

    Takes about ten minutes, and means nothing on a machine that is busy with something else: it says how busy it was.
    What the load generator itself was late for is measured again, three times in all. The exit code is 99 where the
    goal is missed, 97 where it was late each time: then nothing is kept.
    """
    require_checkout()
    from benchmarks.analysis import exit_codes
    from benchmarks.rehearsal.calibrating import Extent
    from benchmarks.rehearsal.calibrating import calibrate as measure
    from benchmarks.simulator.calibration import FILE, keep_calibration

    interruptible()
    found = measure(Extent(seconds=seconds, rounds=rounds), note)
    if keep and not found.invalid:
        keep_calibration(found.calibration, FILE)
        note(f"Wrote {FILE}")
    if as_json:
        print_json({**asdict(found), "met": [one.met for one in found.checks]})
    else:
        _tell(found)
    if not found.met:
        raise typer.Exit(exit_codes.INVALID if found.invalid else exit_codes.BROKEN)


def _tell(found: "Calibrated") -> None:
    one = found.calibration
    say(f"{one.describe()}")
    say(f"{one.requests_per_s:,.0f} searches a second at most; first answer after {one.cold_start_s:.1f} s")
    say(f"so much can stand where requests come by chance: {found.share:.0%} of what callers get who wait for answers")
    say(f"of a search: an answer from the cache {one.hit_cost:.0%}, a record written {one.write_cost:.0%}")
    if found.others is not None:
        say(f"others used {found.others:.0%} of the processors just before")
    say(f"its peak in the course of it: {', '.join(f'{peak:,.0f}' for peak in found.peaks)}")
    if found.repeated:
        say(f"measured again because the load generator was late: {found.repeated}")
    columns = ("load", "requests/s", "live p50", "SIMULATED p50", "off", "live p99", "SIMULATED p99", "off by", "met")
    rows = [
        [
            f"{check.load:.0%}",
            f"{check.requests_per_s:,.0f}",
            f"{check.live_p50_ms:.2f} ms",
            f"{check.simulated_p50_ms:.2f} ms",
            f"{check.error_p50:+.0%}",
            f"{check.live_p99_ms:.2f} ms",
            f"{check.simulated_p99_ms:.2f} ms",
            f"{check.error_p99:+.0%}",
            "yes" if check.met else "NO",
        ]
        for check in found.checks
    ]
    print_table(dict.fromkeys(columns, "right"), rows)
    if found.invalid:
        say(f"INVALID: {len(found.invalid)} measurements say nothing of the server, such as: {found.invalid[0]}")


def arithmetic(
    *,
    streams: Annotated[float, typer.Option(min=1, help="How many.")] = 25e9,
    as_json: Json = False,
) -> None:
    """What so many streams need, by multiplication: instances, vCPUs, money, beside the quota that there is."""
    require_checkout()
    from benchmarks.rehearsal.arithmetic import CONNECTIONS_MOST, SEED_CONCURRENCY, SEED_INSTANCES, reckon
    from benchmarks.scenarios.model import Stream
    from benchmarks.simulator.setting import INSTANCE_RPS
    from functions.scaling.settings import ScalingSettings
    from shared.topology import load_topology

    total = ScalingSettings.model_construct().total_instances
    found = reckon(
        streams, load_topology(), instance_rps=INSTANCE_RPS, bytes_per_query=Stream().bytes_per_query, total=total
    )
    if as_json:
        print_json({"simulated": True, **asdict(found)})
        return
    say(f"SIMULATED · {streams:,.0f} streams, {INSTANCE_RPS:g} searches a second an instance at most, run at 60 %")
    columns = ("each stream asks", "queries/s", "instances", "vCPUs", "$ an hour", "the quota answers")
    rows = [
        [
            need.rate,
            f"{need.queries_per_s:,.0f}",
            f"{need.instances:,}",
            f"{need.vcpus:,}",
            f"{need.dollars_per_hour:,.0f}",
            f"{min(1.0, found.quota_rps / need.queries_per_s):.2%}",
        ]
        for need in found.needs
    ]
    print_table({name: "left" if name == columns[0] else "right" for name in columns}, rows)
    say(
        f"A connection for each stream, {CONNECTIONS_MOST} an instance (Cloud Run's limit): "
        f"{found.connection_instances:,} instances, ${found.connection_dollars_per_hour:,.0f} an hour."
    )
    say(
        f"RuVector has {SEED_INSTANCES:,} instances of {SEED_CONCURRENCY} connections: {found.seed_streams:,.0f} "
        f"connections, {found.seed_streams / streams:.2%} of the streams."
    )
    say(
        f"The quota of topology.yaml and of the project is {found.quota_instances} instances: {found.quota_rps:,.0f} "
        f"queries a second at most. An instance costs ${found.instance_dollars_per_hour:.3f} an hour while it answers."
    )
