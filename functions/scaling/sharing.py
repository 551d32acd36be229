"""What every region gets of the instances and the money that there are, in one decision over all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from functions.scaling.allocation import Allocation, Denial, DenialReason, RegionWant, allocate, reason_of
from functions.scaling.combined import CombinedDecision, combine
from shared.domain.tier import Tier

UNLIMITED_MICROS_PER_HOUR = 10**15
"""A billion dollars an hour: what may be spent where no budget was ever set."""


@dataclass(frozen=True)
class Wish:
    """What one region wants: the plan's floor, the demand of its load, and the terms on which it can have them."""

    want: RegionWant
    floor: int
    demand: int


@dataclass(frozen=True)
class Share:
    """What a region gets, and why not more."""

    combined: CombinedDecision
    denials: tuple[Denial, ...] = ()
    """By tier, premium first."""

    @property
    def denial(self) -> DenialReason | None:
        """What was short: money if that was, for then the budget has to give something up."""
        return reason_of(self.denials)


def share_out(wishes: Sequence[Wish], *, total_instances: int, micros_per_hour: int) -> Mapping[str, Share]:
    """Minimum and maximum instances of every region.

    The maxima together cost at most `micros_per_hour`: between minimum and maximum the platform starts instances by
    itself, so the money for them must be there. What the minima leave is shared out among the regions as room to grow.
    """
    kept = allocate([wish.want for wish in wishes], total_quota=total_instances, micros_per_hour=micros_per_hour)
    rooms = [
        replace(wish.want, wanted={Tier.FREE: wish.want.quota - kept.granted[wish.want.region]}, quota=wish.want.quota)
        for wish in wishes
    ]
    room = allocate(
        rooms,
        total_quota=total_instances - sum(kept.granted.values()),
        micros_per_hour=micros_per_hour - kept.micros_per_hour,
    )
    return {wish.want.region: _share(wish, kept, room) for wish in wishes}


def _share(wish: Wish, kept: Allocation, room: Allocation) -> Share:
    region, quota = wish.want.region, wish.want.quota
    granted = kept.granted[region]
    denials = tuple(denial for denial in kept.denials if denial.region == region)
    for_money = reason_of(denials) is DenialReason.MONEY
    combined = combine(
        floor=wish.floor,
        demand=wish.demand,
        budget_ceiling=granted if for_money else quota,
        quota=granted if denials and not for_money else quota,
    )
    return Share(
        replace(combined, min_instances=granted, max_instances=granted + room.granted[region]),
        denials,
    )
