# ruff: noqa: PLC0415 - the benchmark loads when it runs: `swell --help` stays quick
"""`swell bench compare`: one version or setting against another, in turns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.benching import interruptible, require_checkout
from swell.cli.failure import CommandFailed
from swell.cli.options import Json
from swell.cli.output import note, print_json, print_table, say

if TYPE_CHECKING:
    from benchmarks.analysis.paired import Paired

_SIDE = "'.' (this checkout), SWELL_NAME=VALUE[,…] (with settings), a commit, or the URL of a server that runs here."


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help=f"What B is judged by: {_SIDE}")],
    b: Annotated[str, typer.Argument(metavar="B", help="The other side, in the same words.")],
    *,
    pairs: Annotated[int, typer.Option(min=5, max=100, help="How often each is visited.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Of each visit.")] = 4.0,
    peak_share: Annotated[
        float, typer.Option(min=0.01, max=1, help="The rate, as a share of what the slower side answers at most.")
    ] = 0.5,
    rows: Annotated[int, typer.Option(min=1000, max=1_000_000, help="Vectors in the collection.")] = 5_000,
    as_json: Json = False,
) -> None:
    """Load two servers of this machine in turns, A B B A …, and say in what B is better, worse, or not proven to be.

    A server that runs is given a collection for the time, shown SWELL_API_KEY where there is one, and left running.
    Exit code 0: no regression is proven, 96: B is worse in something, 97: the load generator was the bottleneck.
    """
    require_checkout()
    from benchmarks.live.in_turns import TurnsPlan, compare_in_turns, to_document
    from benchmarks.live.sides import BadSide, parse_side
    from swell.cli.api_key import api_key

    interruptible()
    try:
        sides = parse_side(a), parse_side(b)
    except BadSide as error:
        raise CommandFailed(str(error), code=error.code) from error
    plan = TurnsPlan(pairs=pairs, seconds=seconds, peak_share=peak_share, rows=rows, key=api_key())
    try:
        compared = compare_in_turns(*sides, plan, note)
    except BadSide as error:
        raise CommandFailed(str(error), code=error.code) from error
    if as_json:
        print_json(to_document(compared))
    else:
        say(f"A: {a}, B: {b}; {compared.per_s:,.0f} requests a second, {compared.pairs} pairs in turns")
        print_pairs(compared.found)
        worse = ", ".join(compared.regressions)
        say(f"REGRESSION: B is worse in {worse}." if worse else "No regression is proven.")
    if compared.invalid is not None:
        note(f"INVALID: {compared.invalid}")
    if compared.exit_code:
        raise typer.Exit(compared.exit_code)


def print_pairs(found: Sequence["Paired"]) -> None:
    """A table of what changed from A to B."""
    rows = [[one.measure.name, f"{one.a:.4g}", f"{one.b:.4g}", *_change(one), one.finding.value] for one in found]
    columns = ("measure", "A", "B", "change", "95 % interval", "B is")
    print_table({name: "left" if name in {"measure", "B is"} else "right" for name in columns}, rows)


def _change(one: "Paired") -> tuple[str, str]:
    form = "+.1%" if one.measure.kind == "ratio" else "+.4f"
    return format(one.change.mean, form), f"{one.change.low:{form}} to {one.change.high:{form}}"
