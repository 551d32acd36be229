"""What every region gets of the instances and the money that there are, in one decision over all of them."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from functions.scaling.allocation import Allocation, Denial, DenialReason, RegionWant, allocate, fits, reason_of
from functions.scaling.combined import CombinedDecision, combine
from functions.scaling.signals import Urgency
from shared.domain.tier import Tier

UNLIMITED_INSTANCES = 10**9
"""More than any region may have."""
UNLIMITED_MICROS_PER_HOUR = 10**15
"""A billion dollars an hour: what may be spent where no budget was ever set."""
ROOM_RATIO = 1.25
"""Ceilings are raised beyond what is within reach by so much, and to the quotas only where the money left is so many
times what these would cost: one that moved with each minute's money and demand would be an update of the service each
minute, and no instance more."""


class Wish(NamedTuple):
    """What one region wants: the plan's floor, the demand of its load, and the terms on which it can have them.

    `within_reach` is how many instances can have started there by the next decision, `ceiling` the maximum that it is
    set to now.
    """

    want: RegionWant
    floor: int
    demand: int
    within_reach: int = UNLIMITED_INSTANCES
    ceiling: int = UNLIMITED_INSTANCES

    @property
    def is_limited(self) -> bool:
        """Whether it may have fewer than its quota now."""
        return self.ceiling < self.want.quota

    @property
    def standing(self) -> int:
        """The ceiling that it is set to, or where more are within reach so many and a quarter, for some minutes."""
        if self.within_reach <= self.ceiling:
            return self.ceiling
        return ceil(self.within_reach * ROOM_RATIO)


class Share(NamedTuple):
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
    be filled would be paid for in vain, by the others. A ceiling once set stands as long as the money is enough for it
    and no more are within reach.
    """
    kept = allocate([wish.want for wish in wishes], total_quota=total_instances, micros_per_hour=micros_per_hour)
    left = micros_per_hour - kept.micros_per_hour
    room = _shared_room(wishes, kept, instances=total_instances - sum(kept.granted.values()), micros=left)
    return {wish.want.region: _share(wish, kept, room) for wish in wishes}


def _shared_room(wishes: Sequence[Wish], kept: Allocation, *, instances: int, micros: int) -> Allocation:
    """Room to grow beyond what is kept: to the quotas, as ceilings stand, or what is within reach."""

    def rooms(most: Callable[[Wish], int]) -> list[RegionWant]:
        return [_room(wish, kept, most(wish)) for wish in wishes]

    def shared(wants: Sequence[RegionWant], over: float = 1.0) -> Allocation:
        return allocate(wants, total_quota=int(instances / over), micros_per_hour=int(micros / over))

    def fit(wants: Sequence[RegionWant]) -> bool:
        return fits(wants, total_quota=instances, micros_per_hour=micros)

    to_quotas, standing = rooms(lambda wish: wish.want.quota), rooms(lambda wish: wish.standing)
    for_quotas = int(micros / ROOM_RATIO) if any(wish.is_limited for wish in wishes) else micros
    are_paid = fits(to_quotas, total_quota=UNLIMITED_INSTANCES, micros_per_hour=for_quotas)
    if are_paid and fit(to_quotas):
        return shared(to_quotas)
    if fit(standing):
        return shared(standing)
    widest, as_set = to_quotas if are_paid else rooms(lambda wish: wish.within_reach), rooms(lambda wish: wish.ceiling)
    if fit(as_set) and not _is_narrow(wishes, kept, shared(widest)):
        return shared(as_set)
    return shared(widest, over=ROOM_RATIO)


def _is_narrow(wishes: Sequence[Wish], kept: Allocation, could: Allocation) -> bool:
    """Whether ceilings are by a quarter less than they could be: all together, or one that is nearly reached."""
    most = {region: kept.granted[region] + could.granted[region] for region in kept.granted}
    if sum(most.values()) > ROOM_RATIO * sum(wish.ceiling for wish in wishes):
        return True
    nearly = [wish for wish in wishes if ROOM_RATIO * kept.granted[wish.want.region] >= wish.ceiling]
    return any(most[wish.want.region] > ROOM_RATIO * wish.ceiling for wish in nearly)


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
