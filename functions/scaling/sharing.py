"""What every region gets of the instances and the money that there are, in one decision over all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.scaling.allocation import Allocation, Denial, DenialReason, RegionWant, allocate, fits, reason_of
from functions.scaling.combined import CombinedDecision, combine
from functions.scaling.signals import Urgency
from shared.domain.tier import Tier

UNLIMITED_INSTANCES = 10**9
"""More than any region may have."""
UNLIMITED_MICROS_PER_HOUR = 10**15
"""A billion dollars an hour: what may be spent where no budget was ever set."""


@dataclass(frozen=True)
class Wish:
    """What one region wants: the plan's floor, the demand of its load, and the terms on which it can have them.

    `within_reach` is how many instances can have started there by the next decision.
    """

    want: RegionWant
    floor: int
    demand: int
    within_reach: int = UNLIMITED_INSTANCES


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
    itself, so the money for them must be there. What the minima leave is shared out among the regions as room to grow:
    up to their quotas where the money is enough for these, otherwise up to what is within reach, since room that cannot
    be filled would be paid for in vain, by the others.
    """
    kept = allocate([wish.want for wish in wishes], total_quota=total_instances, micros_per_hour=micros_per_hour)
    left = micros_per_hour - kept.micros_per_hour
    rooms = [_room(wish, kept, wish.want.quota) for wish in wishes]
    if not fits(rooms, total_quota=UNLIMITED_INSTANCES, micros_per_hour=left):
        rooms = [_room(wish, kept, wish.within_reach) for wish in wishes]
    room = allocate(
        rooms,
        total_quota=total_instances - sum(kept.granted.values()),
        micros_per_hour=left,
    )
    return {wish.want.region: _share(wish, kept, room) for wish in wishes}


def _room(wish: Wish, kept: Allocation, most: int) -> RegionWant:
    """Room for what is not seen yet, so the urgency of what is seen does not count."""
    free = max(0, min(most, wish.want.quota) - kept.granted[wish.want.region])
    want = wish.want
    return RegionWant(
        region=want.region,
        wanted={Tier.FREE: free},
        quota=want.quota,
        micros_per_instance_hour=want.micros_per_instance_hour,
        priority=want.priority,
        urgency=Urgency.NORMAL,
    )


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
