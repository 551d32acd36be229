"""What a region may have and what it costs, and its want of instances on these terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from functions.scaling.allocation import RegionWant
from functions.scaling.signals import Urgency
from functions.scaling.tiers import UNKNOWN, TierCounts
from shared.budget.answers import MostAnswers
from shared.domain.money import Micros
from shared.domain.prices import InstanceShape, PriceTable, Usage, cost_of
from shared.domain.regions import priority_of
from shared.topology import Topology

_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class RegionTerms:
    """A region's quota of instances, what one costs an hour, and how important the region is.

    An instance is priced at half of what it can cost at most, answering all that it can, or at its own price while it
    answers, where that is more. Scaling aims at instances that are little more than half busy; if all are wholly busy
    they cost twice the rate that was allowed, for a minute, and at that no limit is passed (budget_enforcement).
    """

    region: str
    quota: int
    micros_per_instance_hour: Micros
    priority: int


def terms_of(
    topology: Topology, prices: PriceTable, quotas: Mapping[str, int], answers: MostAnswers
) -> list[RegionTerms]:
    """The terms of every region for the query function."""
    query = topology.functions["query"]
    shape = InstanceShape(cpu_milli=round(query.cpu * 1000), memory_mib=query.memory_mb)
    return [
        RegionTerms(
            region=name,
            quota=quotas[name],
            micros_per_instance_hour=hourly_price(name, shape, prices, answers),
            priority=priority_of(name),
        )
        for name in topology.regions
    ]


def hourly_price(region: str, shape: InstanceShape, prices: PriceTable, answers: MostAnswers) -> Micros:
    """What an instance of a region is reckoned to cost an hour: see `RegionTerms`."""
    busy = cost_of(answers.used_by(region, _HOUR_MS), shape, prices)
    return max(cost_of(Usage(region, _HOUR_MS, 0, 0, 0), shape, prices), ceil(busy / 2))


def want_of(terms: RegionTerms, instances: int, urgency: Urgency, tiers: TierCounts = UNKNOWN) -> RegionWant:
    """So many instances, for the tiers of those who ask."""
    return RegionWant(
        region=terms.region,
        wanted=tiers.shared(instances),
        quota=terms.quota,
        micros_per_instance_hour=terms.micros_per_instance_hour,
        priority=terms.priority,
        urgency=urgency,
    )
