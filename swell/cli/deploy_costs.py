# ruff: noqa: PLC0415 - prices and topology load when they are shown: `swell --help` stays quick
"""`swell deploy costs`: what a month of a deployment costs while nobody searches, by the phase that makes it."""

from typing import Annotated, Literal

import typer

from swell.cli.options import Json
from swell.cli.output import note, print_json, print_table


def costs(
    environment: Annotated[Literal["dev", "prod"], typer.Argument(help="Which of terraform/envs, as it is.")],
    *,
    tick_s: Annotated[
        float, typer.Option("--tick-s", min=0.1, max=60, help="How long an instance is busy with one tick.")
    ] = 1.0,
    as_json: Json = False,
) -> None:
    """Show what stands while nobody searches, by phase of docs/deployment.md; asks no server."""
    from shared.domain.money import dollars
    from shared.domain.prices import LIST_PRICES
    from shared.topology import load_topology
    from swell.delivery.standing_costs import environments, standing_costs

    topology = load_topology()
    found = standing_costs(topology, environments(topology)[environment], tick_ms=round(tick_s * 1000))
    total = sum(each.month for each in found)
    if as_json:
        lines = [
            {"phase": each.phase, "what": each.what, "month_micros": each.month, "verified": each.verified}
            for each in found
        ]
        print_json({"as_of": LIST_PRICES.as_of.isoformat(), "lines": lines, "month_micros": total})
        return
    rows = [[str(each.phase), each.what, dollars(each.month), "yes" if each.verified else "not yet"] for each in found]
    columns: dict[str, Literal["left", "right"]] = {"phase": "right", "what": "left", "a month": "right"}
    print_table({**columns, "price read at Google": "left"}, [*rows, ["", "in all", dollars(total), ""]])
    note("Not reckoned: stored bytes, operations of Firestore, logs, builds, traffic.")
    note("How long a tick takes is assumed; --tick-s says it otherwise.")
