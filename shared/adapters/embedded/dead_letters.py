"""Messages that used up their attempts: how they get to a dead-letter topic, and back.

Attribute names: cloud.google.com/pubsub/docs/handling-failures, "Track delivery attempts".
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.adapters.embedded.moments import from_micros
from shared.adapters.embedded.queue_schema import (
    add_delivery,
    add_message,
    drop_message_if_done,
    insert_message,
    remove_delivery,
)
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.ports.publisher import Message

SOURCE_SUBSCRIPTION: Final = "CloudPubSubDeadLetterSourceSubscription"
SOURCE_PROJECT: Final = "CloudPubSubDeadLetterSourceSubscriptionProject"
SOURCE_PUBLISH_TIME: Final = "CloudPubSubDeadLetterSourceTopicPublishTime"
DELIVERY_COUNT: Final = "CloudPubSubDeadLetterSourceDeliveryCount"
_PREFIX: Final = "CloudPubSubDeadLetterSource"
_PROJECT: Final = "embedded"


@dataclass(frozen=True)
class DeadLetter:
    """A message that a dead-letter topic keeps. `id` is what `replay` takes."""

    id: int
    message: Message
    dead_lettered_at: datetime

    @property
    def subscription(self) -> str | None:
        """The subscription that gave up; None when a function put the message here itself and did not say."""
        return self.message.attributes.get(SOURCE_SUBSCRIPTION)


def bury(connection: sqlite3.Connection, config: SubscriptionConfig, message_id: int, attempts: int, now: int) -> None:
    """Move a delivery to the dead-letter topic of its subscription."""
    data, attributes, ordering_key, published_at = connection.execute(
        "SELECT data, attributes, ordering_key, published_at FROM messages WHERE id = ?", (message_id,)
    ).fetchone()
    source = {
        SOURCE_SUBSCRIPTION: config.name,
        SOURCE_PROJECT: _PROJECT,
        SOURCE_PUBLISH_TIME: from_micros(published_at).isoformat(),
        DELIVERY_COUNT: str(attempts),
    }
    letter = Message(
        topic=config.dead_letter_topic or "",
        data=data,
        attributes={**json.loads(attributes), **source},
        ordering_key=ordering_key,
    )
    add_message(connection, letter, now)
    remove_delivery(connection, config.name, message_id, now)


def read_dead_letters(connection: sqlite3.Connection, topic: str, ids: Sequence[int] | None = None) -> list[DeadLetter]:
    """The messages that a dead-letter topic keeps, oldest first; of these, those with the given ids."""
    rows = connection.execute(
        "SELECT id, data, attributes, ordering_key, published_at FROM messages WHERE topic = ? AND kept ORDER BY id",
        (topic,),
    )
    wanted = None if ids is None else set(ids)
    return [
        DeadLetter(
            id=row[0],
            message=Message(topic=topic, data=row[1], attributes=json.loads(row[2]), ordering_key=row[3]),
            dead_lettered_at=from_micros(row[4]),
        )
        for row in rows
        if wanted is None or row[0] in wanted
    ]


def revive(connection: sqlite3.Connection, letter: DeadLetter, to_topic: str | None, now: int) -> bool:
    """Publish a dead letter to a topic, or deliver it again to the subscription that gave up on it.

    False when neither is known: then it stays.
    """
    message = Message(
        topic=to_topic or letter.message.topic,
        data=letter.message.data,
        attributes=_without_source(letter.message.attributes),
        ordering_key=letter.message.ordering_key,
    )
    if to_topic is not None:
        add_message(connection, message, now)
    elif not _deliver_again(connection, letter.subscription, message, now):
        return False
    forget(connection, letter.id)
    return True


def forget(connection: sqlite3.Connection, message_id: int) -> None:
    """Keep a dead letter no longer than its own subscriptions, if any, need it."""
    connection.execute("UPDATE messages SET kept = 0 WHERE id = ?", (message_id,))
    drop_message_if_done(connection, message_id)


def _deliver_again(connection: sqlite3.Connection, subscription: str | None, message: Message, now: int) -> bool:
    row = connection.execute("SELECT topic, ordered FROM subscriptions WHERE name = ?", (subscription,)).fetchone()
    if row is None:
        return False
    topic, ordered = row
    again = Message(topic, message.data, message.attributes, message.ordering_key)
    message_id = insert_message(connection, again, now, kept=False)
    add_delivery(connection, str(subscription), message_id, message.ordering_key if ordered else "", now)
    return True


def _without_source(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if not name.startswith(_PREFIX)}
