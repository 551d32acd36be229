"""How the instances of a region fall to the tiers of its callers: as their requests of the last hours do."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self

from functions.scaling.allocation import SERVED_FIRST
from functions.scaling.load_demand import ROUNDING
from functions.scaling.signals import Signals
from shared.domain.tier import Tier

HALF_LIFE: Final = timedelta(hours=1)
"""A request of an hour ago counts half: long enough that floors of a quiet region do not follow one caller."""


@dataclass(frozen=True)
class TierCounts:
    """Requests by tier, older ones counted less; `until` is the end of the last minute that is in them."""

    requests: Mapping[Tier, float] = field(default_factory=dict)
    until: datetime | None = None

    def with_minutes(self, samples: Iterable[Signals]) -> Self:
        """With the minutes that ended since; one whose tiers are not known says nothing of their shares."""
        counts = self
        for sample in samples:
            if sample.by_tier is not None and (counts.until is None or sample.at > counts.until):
                counts = counts._with(sample.by_tier, sample.at)
        return counts

    def _with(self, by_tier: Mapping[Tier, int], at: datetime) -> Self:
        kept = 1.0 if self.until is None else 0.5 ** ((at - self.until) / HALF_LIFE)
        requests = {tier: kept * self.requests.get(tier, 0.0) + by_tier.get(tier, 0) for tier in Tier}
        return type(self)(requests, at)

    def shared(self, instances: int) -> dict[Tier, int]:
        """So many instances by tier; a part of one falls to the higher tier.

        Where no request of any tier is known, all fall to the middle one.
        """
        total = sum(self.requests.values())
        if not total:
            return {Tier.STANDARD: instances}
        found, upper, given = {}, 0.0, 0
        for tier in SERVED_FIRST:
            upper += self.requests.get(tier, 0.0)
            found[tier] = math.ceil(instances * upper / total - ROUNDING) - given
            given += found[tier]
        return found


UNKNOWN: Final = TierCounts()
"""Of a region of whose callers nothing is known."""
