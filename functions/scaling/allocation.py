"""Instances among regions when there are fewer than all want: premium first, then where one more is worth most."""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from functions.scaling.signals import Urgency
from shared.domain.tier import Tier

# Wants are served in lots of at most a fiftieth of each, so that regions share evenly and the work is bounded.
LOTS = 50
SERVED_FIRST = (Tier.PREMIUM, Tier.STANDARD, Tier.FREE)


class DenialReason(StrEnum):
    """Why a want was not or not wholly met."""

    REGION_QUOTA = "region_quota"
    TOTAL_QUOTA = "total_quota"
    MONEY = "money"


class RegionWant(NamedTuple):
    """Instances that a region wants for each tier of traffic, what it may have, and what one of them costs an hour.

    `priority` is 1 to 10, 10 the most important.
    """

    region: str
    wanted: Mapping[Tier, int]
    quota: int
    micros_per_instance_hour: int
    priority: int
    urgency: Urgency = Urgency.NORMAL


@dataclass(frozen=True)
class Denial:
    """Instances that a tier of a region wanted and did not get."""

    region: str
    tier: Tier
    instances: int
    reason: DenialReason


def reason_of(denials: Sequence[Denial]) -> DenialReason | None:
    """The reason for all of a region's denials together: money where it was short for any; None where there is none."""
    reasons = [denial.reason for denial in denials]
    return DenialReason.MONEY if DenialReason.MONEY in reasons else next(iter(reasons), None)


@dataclass(frozen=True)
class Allocation:
    """Instances by region and what was denied; `micros_per_hour` is what the granted ones cost."""

    granted: Mapping[str, int]
    denials: tuple[Denial, ...]
    micros_per_hour: int


@dataclass
class _Pool:
    """What is left while lots are handed out."""

    instances: int
    micros: int
    granted: dict[str, int]
    unmet: dict[tuple[str, Tier], int] = field(default_factory=dict)
    reasons: dict[tuple[str, Tier], DenialReason] = field(default_factory=dict)


def allocate(wants: Sequence[RegionWant], *, total_quota: int, micros_per_hour: int) -> Allocation:
    """Share instances out.

    All premium traffic comes before any standard, and that before any free. Within a tier the next lot goes where it is
    worth most: priority times urgency times the share of the region that is still unserved, over its price. So a region
    is worth less the better it is served already, and none is starved by one that is slightly more important.
    """
    if fits(wants, total_quota=total_quota, micros_per_hour=micros_per_hour):
        granted = {want.region: sum(want.wanted.values()) for want in wants}
        return Allocation(granted, (), sum(granted[want.region] * want.micros_per_instance_hour for want in wants))
    pool = _Pool(total_quota, micros_per_hour, dict.fromkeys((want.region for want in wants), 0))
    for tier in SERVED_FIRST:
        _serve(tier, wants, pool)
    denials = [
        Denial(region, tier, instances, pool.reasons[region, tier])
        for (region, tier), instances in pool.unmet.items()
        if instances > 0
    ]
    return Allocation(dict(pool.granted), tuple(denials), micros_per_hour - pool.micros)


def fits(wants: Sequence[RegionWant], *, total_quota: int, micros_per_hour: int) -> bool:
    """Whether all can have what they want: then nobody has to come first."""
    wanted = {want.region: sum(want.wanted.values()) for want in wants}
    cost = sum(wanted[want.region] * want.micros_per_instance_hour for want in wants)
    within = all(wanted[want.region] <= want.quota for want in wants)
    return within and sum(wanted.values()) <= total_quota and cost <= micros_per_hour


def _serve(tier: Tier, wants: Sequence[RegionWant], pool: _Pool) -> None:
    by_region = {want.region: want for want in wants if want.wanted.get(tier, 0) > 0}
    for region, want in by_region.items():
        pool.unmet[region, tier] = want.wanted[tier]
    queue = [(-_worth(want, tier, want.wanted[tier]), region) for region, want in by_region.items()]
    heapq.heapify(queue)
    while queue:
        _, region = heapq.heappop(queue)
        want = by_region[region]
        if _grant(want, tier, pool):
            heapq.heappush(queue, (-_worth(want, tier, pool.unmet[region, tier]), region))


def _grant(want: RegionWant, tier: Tier, pool: _Pool) -> bool:
    """Hand a lot to a region; False when it needs or can have no more."""
    key = want.region, tier
    lot = min(pool.unmet[key], math.ceil(want.wanted[tier] / LOTS))
    price = want.micros_per_instance_hour
    limits = {
        DenialReason.REGION_QUOTA: want.quota - pool.granted[want.region],
        DenialReason.TOTAL_QUOTA: pool.instances,
        DenialReason.MONEY: pool.micros // price if price else lot,
    }
    reason = min(limits, key=lambda limit: limits[limit])
    given = max(0, min(lot, limits[reason]))
    pool.unmet[key] -= given
    pool.granted[want.region] += given
    pool.instances -= given
    pool.micros -= given * price
    if given < lot:
        pool.reasons[key] = reason
    return given == lot and pool.unmet[key] > 0


def _worth(want: RegionWant, tier: Tier, unmet: int) -> float:
    unserved = unmet / want.wanted[tier]
    return want.priority * want.urgency * unserved / max(1, want.micros_per_instance_hour)
