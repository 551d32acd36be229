# ruff: noqa: PLC0415 - the benchmark loads when it runs: `swell --help` stays quick
"""`swell bench knee`: how many callers at once a server is for."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.benching import interruptible, require_checkout
from swell.cli.failure import CommandFailed
from swell.cli.options import Json
from swell.cli.output import note, print_json, print_table, say

if TYPE_CHECKING:
    from benchmarks.analysis.knee import Knee, Point

_MOST_CALLERS = 1000


def knee(
    *,
    callers: Annotated[str, typer.Option(help="Callers at once, rising, with commas between.")] = "1,2,4,8,16,32,64",
    rounds: Annotated[int, typer.Option(min=2, max=100, help="How often each is tried.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.5, max=60, help="Of each try.")] = 1.0,
    rows: Annotated[int, typer.Option(min=1000, max=1_000_000, help="Vectors in the collection.")] = 5_000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that serve.")] = 1,
    as_json: Json = False,
) -> None:
    """Find where more callers at once no longer help: the Universal Scalability Law through a closed-loop sweep.

    Each try is checked by Little's law. Exit code 97 where the load generator was the bottleneck.
    """
    require_checkout()
    from benchmarks.analysis import exit_codes
    from benchmarks.analysis.knee import knee_of, means
    from benchmarks.live.sweep import SweepPlan, sweep

    plan = SweepPlan(_callers(callers), rounds, seconds, rows, workers=workers)
    interruptible()
    swept = sweep(plan, note)
    points = means(swept.rounds)
    try:
        found = knee_of(swept.rounds)
    except ValueError as error:
        raise CommandFailed(f"the server refused too soon: {error}", code="no_knee") from error
    if as_json:
        from dataclasses import asdict

        told = [{**asdict(one), "in_flight": one.in_flight, "law_per_s": found.per_s(one.callers)} for one in points]
        print_json({"invalid": swept.invalid, "points": told, "knee": asdict(found)})
    else:
        _tell(found, points)
    if swept.invalid is not None:
        note(f"INVALID: {swept.invalid}")
        raise typer.Exit(exit_codes.INVALID)


def _callers(text: str) -> tuple[int, ...]:
    from benchmarks.analysis.knee import LEAST_POINTS

    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    rising = all(low < high for low, high in pairwise(found))
    if len(found) < LEAST_POINTS or not rising or not 1 <= found[0] <= found[-1] <= _MOST_CALLERS:
        raise CommandFailed(
            f"--callers: got {text!r}, allowed: at least {LEAST_POINTS} rising numbers from 1 to {_MOST_CALLERS}"
        )
    return found


def _tell(found: "Knee", points: tuple["Point", ...]) -> None:
    def by_law(callers: int) -> str:
        per_s = found.per_s(callers)
        return "left out" if per_s is None else f"{per_s:,.0f}"

    rows = [
        [
            str(one.callers),
            f"{one.per_s:,.0f}",
            by_law(one.callers),
            f"{one.mean_ms:.2f}",
            f"{one.in_flight:.2f}",
            f"{one.refused:.1%}",
        ]
        for one in points
    ]
    columns = ("callers", "answers a second", "by the law", "mean ms", "in flight (Little)", "refused, at most")
    print_table(dict.fromkeys(columns, "right"), rows)
    law, within = found.law, found.callers
    say(f"contention {law.contention:.4f}, coherency {law.coherency:.6f}; one caller {law.rate:,.0f} a second")
    span = f"{law.knee:.0f} callers, 95 % between {within.low:.0f} and {within.high:.0f}"
    say(f"Knee: {span} ({found.why})." if found.shown else f"No knee is shown: {found.why}.")
