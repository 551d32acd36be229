"""How long writes wait is what the documentation says."""

from datetime import timedelta
from pathlib import Path

from shared.events.mutations import MutationsAcceptedV1
from shared.topology import load_topology

COORDINATION = (Path(__file__).parents[2] / "docs" / "coordination.md").read_text(encoding="utf-8")


def test_a_write_is_delivered_for_as_long_as_it_says() -> None:
    """Ten deliveries with back-off between them."""
    subscription = load_topology().subscriptions["index_update.mutations"]
    pauses = subscription.max_delivery_attempts - 1
    backoff_s = [min(subscription.min_backoff_s * 2**number, subscription.max_backoff_s) for number in range(pauses)]

    assert subscription.max_delivery_attempts == 10
    assert f"delivered ten times, for some {sum(backoff_s) // 60} minutes" in COORDINATION
    assert f"put into `{subscription.dead_letter_topic}`" in COORDINATION


def test_a_write_can_be_delivered_again_for_as_long_as_it_says() -> None:
    """While topic and dead letters keep it, and it is not too old to be taken."""
    topology = load_topology()
    subscription = topology.subscriptions["index_update.mutations"]
    kept_s = [topology.topics[name].retention_s for name in (subscription.topic, subscription.dead_letter_topic)]

    assert min(*kept_s, MutationsAcceptedV1.max_age.total_seconds()) == timedelta(days=7).total_seconds()
    assert "delivered again for seven days after it was accepted" in COORDINATION
