"""What a dispatcher has done since it started, for status displays."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.adapters.embedded.delivery_queue import Exchange, Settlement


@dataclass(frozen=True)
class SubscriptionStatus:
    """One subscription. `backlog` counts what is not acknowledged, by any process; the rest is this process."""

    delivered: int
    acked: int
    nacked: int
    dead_lettered: int
    outstanding: int
    backlog: int


@dataclass
class DeliveryCounters:
    """Counts by subscription name. One thread writes; a reader may see a count that is a moment old."""

    delivered: Counter[str] = field(default_factory=Counter)
    acked: Counter[str] = field(default_factory=Counter)
    nacked: Counter[str] = field(default_factory=Counter)
    dead_lettered: Counter[str] = field(default_factory=Counter)

    def settled(self, settlements: Iterable[Settlement]) -> None:
        """Handlers returned or raised."""
        for settlement in settlements:
            counter = self.acked if settlement.acked else self.nacked
            counter[settlement.lease.subscription.name] += 1

    def exchanged(self, outcome: Exchange) -> None:
        """Deliveries begin; messages were given up."""
        self.delivered.update(lease.subscription.name for lease in outcome.leases)
        self.dead_lettered.update(outcome.dead_lettered)

    def status(self, subscription: str, *, backlog: int) -> SubscriptionStatus:
        """The counts of one subscription."""
        return SubscriptionStatus(
            delivered=self.delivered[subscription],
            acked=self.acked[subscription],
            nacked=self.nacked[subscription],
            dead_lettered=self.dead_lettered[subscription],
            outstanding=self.outstanding(subscription),
            backlog=backlog,
        )

    def outstanding(self, subscription: str) -> int:
        """Deliveries whose handler has not returned yet."""
        return self.delivered[subscription] - self.acked[subscription] - self.nacked[subscription]
