"""The subscriptions of topology.yaml, as the embedded broker keeps them."""

from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.topology import Topology


def subscription_configs(topology: Topology) -> list[SubscriptionConfig]:
    """What each subscription promises, the same words with the same values."""
    return [
        SubscriptionConfig(
            name=name,
            topic=subscription.topic,
            ordered=subscription.ordered,
            ack_deadline_s=subscription.ack_deadline_s,
            min_backoff_s=subscription.min_backoff_s,
            max_backoff_s=subscription.max_backoff_s,
            max_delivery_attempts=subscription.max_delivery_attempts,
            dead_letter_topic=subscription.dead_letter_topic,
        )
        for name, subscription in topology.subscriptions.items()
    ]
