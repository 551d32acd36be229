# ruff: noqa: PLC0415 - prices and topology load when they are shown: `swell --help` stays quick
"""`swell budget prices`: the price table, and what one query instance costs in each region."""

from typing import Annotated

import typer

from swell.cli.options import Json
from swell.cli.output import note, print_json, print_table

_HOUR_MS = 3_600_000


def prices(
    *,
    hours: Annotated[float, typer.Option(min=0.1, max=10_000, help="How long an instance is there.")] = 1.0,
    as_json: Json = False,
) -> None:
    """Show what a query instance costs in each region, busy and kept warm; asks no server."""
    from shared.domain.money import dollars
    from shared.domain.prices import LIST_PRICES, InstanceShape, Usage, cost_of
    from shared.topology import load_topology

    topology = load_topology()
    query = topology.functions["query"]
    shape = InstanceShape(round(query.cpu * 1000), query.memory_mb)
    span_ms = round(hours * _HOUR_MS)
    costs = {
        region: (
            cost_of(Usage(region, span_ms, 0, 0, 0), shape, LIST_PRICES),
            cost_of(Usage(region, 0, span_ms, 0, 0), shape, LIST_PRICES),
        )
        for region in topology.regions
    }
    request = cost_of(Usage(topology.home_region, 0, 0, 1_000_000, 0), shape, LIST_PRICES)
    egress = cost_of(Usage(topology.home_region, 0, 0, 0, 2**30), shape, LIST_PRICES)
    if as_json:
        print_json(
            {
                "as_of": LIST_PRICES.as_of.isoformat(),
                "hours": hours,
                "regions": {name: {"busy_micros": busy, "warm_micros": warm} for name, (busy, warm) in costs.items()},
                "million_requests_micros": request,
                "egress_gib_micros": egress,
                "unverified": LIST_PRICES.unverified(),
            }
        )
        return
    rows = [
        [name, LIST_PRICES.tier_of_region[name].value, dollars(busy), dollars(warm)]
        for name, (busy, warm) in costs.items()
    ]
    busy_header, warm_header = f"busy, {hours:g} h", f"kept warm, {hours:g} h"
    print_table({"region": "left", "price tier": "left", busy_header: "right", warm_header: "right"}, rows)
    note(f"A million requests {dollars(request)}, a GiB to the internet {dollars(egress)}.")
    note(f"Prices of {LIST_PRICES.as_of}.")
    note(f"Not read at Google's own page: {', '.join(LIST_PRICES.unverified())}.")
