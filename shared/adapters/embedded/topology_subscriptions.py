"""The subscriptions of topology.yaml, as the embedded broker keeps them."""

from collections.abc import Iterable

from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.topology import Topology


def subscription_configs(topology: Topology, regions: Iterable[str] = ()) -> list[SubscriptionConfig]:
    """What each subscription promises, the same words with the same values; regional ones once for each region."""
    return [
        SubscriptionConfig(
            name=name,
            topic=placed.subscription.topic,
            ordered=placed.subscription.ordered,
            ack_deadline_s=placed.subscription.ack_deadline_s,
            min_backoff_s=placed.subscription.min_backoff_s,
            max_backoff_s=placed.subscription.max_backoff_s,
            max_delivery_attempts=placed.subscription.max_delivery_attempts,
            dead_letter_topic=placed.subscription.dead_letter_topic,
        )
        for name, placed in topology.placed_subscriptions(regions).items()
    ]
