"""What running Swell costs: one dated table, read by the planner, the budget and the reports alike.

Prices are nano-dollars (billionths), the largest unit in which every listed price is a whole number: Cloud Run's
memory costs $0.0000025 a GiB-second. Only list prices: discounts and the free tier (180,000 vCPU-seconds, 360,000
GiB-seconds and 2 million requests a month) would make the estimate lower, and an estimate that is too low is the one
that passes a limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from shared.domain.money import Micros, micros_rounded_up

GIB = 2**30


class PriceTier(StrEnum):
    """Cloud Run has two price levels of regions."""

    TIER_1 = "tier_1"
    TIER_2 = "tier_2"


@dataclass(frozen=True)
class Price:
    """Nano-dollars for one unit; `verified` says whether it was read at Google's own page without a caveat."""

    nanos: int
    verified: bool
    source: str


@dataclass(frozen=True)
class TierPrices:
    """Request-based billing of Cloud Run: instances that answer, and those kept warm that do not."""

    active_vcpu_s: Price
    active_gib_s: Price
    idle_vcpu_s: Price
    idle_gib_s: Price


@dataclass(frozen=True)
class PriceTable:
    """All prices in US dollars; `as_of` is the day on which the table was drawn up from the sources that it names."""

    as_of: date
    tiers: Mapping[PriceTier, TierPrices]
    tier_of_region: Mapping[str, PriceTier]
    request: Price
    egress_gib: Price

    def prices(self, region: str) -> TierPrices:
        """The prices of a region; one that is not listed has the higher ones."""
        return self.tiers[self.tier_of_region.get(region, PriceTier.TIER_2)]

    def unverified(self) -> tuple[str, ...]:
        """The names of prices that nobody has read at the source, for whoever deploys to check."""
        named = {
            f"{tier.value}.{name}": price for tier, prices in self.tiers.items() for name, price in vars(prices).items()
        }
        named |= {"request": self.request, "egress_gib": self.egress_gib}
        return tuple(name for name, price in named.items() if not price.verified)


@dataclass(frozen=True)
class InstanceShape:
    """What one instance has: thousandths of a vCPU, and MiB."""

    cpu_milli: int
    memory_mib: int


class Usage(NamedTuple):
    """What a region used over a while: milliseconds of instances that answered and of idle ones, requests, bytes."""

    region: str
    active_ms: int
    idle_ms: int
    requests: int
    egress_bytes: int


def cost_of(usage: Usage, shape: InstanceShape, table: PriceTable) -> Micros:
    """What this usage costs, rounded up to a micro-dollar."""
    prices = table.prices(usage.region)
    active = _instance_nanos(usage.active_ms, shape, prices.active_vcpu_s, prices.active_gib_s)
    idle = _instance_nanos(usage.idle_ms, shape, prices.idle_vcpu_s, prices.idle_gib_s)
    egress = -(-usage.egress_bytes * table.egress_gib.nanos // GIB)
    return micros_rounded_up(active + idle + usage.requests * table.request.nanos + egress)


def _instance_nanos(milliseconds: int, shape: InstanceShape, vcpu_s: Price, gib_s: Price) -> int:
    per_second = shape.cpu_milli * vcpu_s.nanos * 1024 + shape.memory_mib * gib_s.nanos * 1000  # times 1,024,000
    return -(-milliseconds * per_second // (1000 * 1_024_000))


_CLOUD_RUN = "cloud.google.com/run/pricing"
_NOT_GOOGLE = "two public repositories of 2026, not Google's page"
_MEMORY = "from memory; check cloud.google.com/run/pricing before relying on it"
_NO_FIGURE = "no figure found: the price of active instances, which idle ones do not pass"
_RUVECTOR = "RuVector's cost documents; check cloud.google.com/vpc/network-pricing before relying on it"

LIST_PRICES = PriceTable(
    as_of=date(2026, 11, 23),
    tiers=MappingProxyType(
        {
            PriceTier.TIER_1: TierPrices(
                active_vcpu_s=Price(24_000, verified=True, source=_CLOUD_RUN),
                active_gib_s=Price(2_500, verified=True, source=_CLOUD_RUN),
                idle_vcpu_s=Price(2_500, verified=False, source=_MEMORY),
                idle_gib_s=Price(2_500, verified=False, source=_MEMORY),
            ),
            PriceTier.TIER_2: TierPrices(
                active_vcpu_s=Price(33_600, verified=False, source=_NOT_GOOGLE),
                active_gib_s=Price(3_500, verified=False, source=_NOT_GOOGLE),
                idle_vcpu_s=Price(33_600, verified=False, source=_NO_FIGURE),
                idle_gib_s=Price(3_500, verified=False, source=_NO_FIGURE),
            ),
        }
    ),
    # cloud.google.com/run/docs/locations
    tier_of_region=MappingProxyType(
        {
            **dict.fromkeys(
                (
                    "asia-east1",
                    "asia-northeast1",
                    "europe-north1",
                    "europe-west1",
                    "me-west1",
                    "us-central1",
                    "us-east1",
                    "us-west1",
                ),
                PriceTier.TIER_1,
            ),
            **dict.fromkeys(
                (
                    "asia-south1",
                    "asia-southeast1",
                    "australia-southeast1",
                    "europe-west2",
                    "europe-west3",
                    "northamerica-northeast1",
                    "southamerica-east1",
                ),
                PriceTier.TIER_2,
            ),
        }
    ),
    request=Price(400, verified=True, source=_CLOUD_RUN),  # $0.40 a million
    egress_gib=Price(120_000_000, verified=False, source=_RUVECTOR),
)
