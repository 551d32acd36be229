"""What every region gets of the instances and the money that there are, in one decision over all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
        RegionWant(
            region=want.region,
            wanted={Tier.FREE: want.quota - kept.granted[want.region]},
            quota=want.quota,
            micros_per_instance_hour=want.micros_per_instance_hour,
            priority=want.priority,
            urgency=want.urgency,
        )
        for want in (wish.want for wish in wishes)
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
    most = granted + room.granted[region]
    return Share(CombinedDecision(granted, most, combined.winner, combined.denied), denials)
