"""What a receipt of an erasure says."""

from datetime import timedelta

from functions.ingest.erasures import kept
from shared.topology import load_topology


def test_a_receipt_names_the_retentions_of_the_topology() -> None:
    """The longer of a topic and of what subscribes to it counts: Pub/Sub keeps a message for either."""
    topology = load_topology()
    reader = topology.subscriptions["index_update.mutations"]
    longer = topology.model_copy(
        update={
            "topics": {
                **topology.topics,
                "mutations": topology.topics["mutations"].model_copy(update={"retention_s": 700}),
                reader.dead_letter_topic: topology.topics[reader.dead_letter_topic].model_copy(
                    update={"retention_s": 900}
                ),
            },
            "subscriptions": {
                **topology.subscriptions,
                "index_update.mutations": reader.model_copy(update={"retention_s": 800}),
            },
        }
    )

    until = kept(longer)

    assert timedelta(seconds=800) == until.messages
    assert timedelta(seconds=900) == until.dead_letters


def test_today_writes_are_kept_for_a_week_and_dead_letters_for_a_month() -> None:
    """Who changes the topology changes what every receipt promises."""
    until = kept(load_topology())

    assert timedelta(days=7) == until.messages
    assert timedelta(days=31) == until.dead_letters
