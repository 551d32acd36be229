# ruff: noqa: PLC0415 - prices and topology load when they are shown: `swell --help` stays quick
"""`swell budget prices`: the price table, and what one query instance costs in each region."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.options import Json
from swell.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from shared.domain.prices import InstanceShape

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
    worst, instances = _worst_minute(shape)
    if as_json:
        print_json(
            {
                "as_of": LIST_PRICES.as_of.isoformat(),
                "hours": hours,
                "regions": {name: {"busy_micros": busy, "warm_micros": warm} for name, (busy, warm) in costs.items()},
                "million_requests_micros": request,
                "egress_gib_micros": egress,
                "unverified": LIST_PRICES.unverified(),
                "worst_minute_micros": worst,
                "instances_at_quota": instances,
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
    note(f"With every region at its quota, {instances} instances, a minute costs at most {dollars(worst)}.")
    note(f"Prices of {LIST_PRICES.as_of}.")
    note(f"Not read at Google's own page: {', '.join(LIST_PRICES.unverified())}.")


def _worst_minute(shape: "InstanceShape") -> tuple[int, int]:
    """What a minute costs at most under the default settings, and with how many instances."""
    from functions.budget_enforcement.settings import BudgetEnforcementSettings
    from functions.budget_enforcement.spend import Worst
    from shared.budget.answers import MostAnswers
    from shared.domain.prices import LIST_PRICES
    from shared.topology import load_topology

    topology = load_topology()
    bounds = topology.functions["query"].instances
    quotas = {name: bounds[region.tier].max for name, region in topology.regions.items()}
    fields = BudgetEnforcementSettings.model_fields
    answers = MostAnswers(fields["requests_per_min_per_instance"].default, fields["bytes_per_request"].default)
    return Worst(shape, LIST_PRICES, answers).cost(quotas, timedelta(minutes=1)), sum(quotas.values())
