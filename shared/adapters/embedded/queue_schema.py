"""The tables of the broker, and the statements that more than one of its modules runs."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Final

from shared.ports.publisher import Message

SCHEMA_VERSION: Final = 1

WAITS_FOR_KEY: Final = 2**63 - 1
"""`due_at` of a delivery behind another one of its ordering key. Exactly the first of each key is ever due."""

SCHEMA: Final = """
CREATE TABLE subscriptions (
    name TEXT PRIMARY KEY,
    topic TEXT NOT NULL,
    ordered INTEGER NOT NULL,
    dead_letter_topic TEXT,
    settings TEXT NOT NULL
);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    data BLOB NOT NULL,
    attributes TEXT NOT NULL,
    ordering_key TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    kept INTEGER NOT NULL
);
CREATE INDEX messages_kept ON messages (topic, id) WHERE kept;
CREATE TABLE deliveries (
    subscription TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    ordering_key TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    owner TEXT,
    PRIMARY KEY (subscription, message_id)
) WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (subscription, due_at, message_id);
CREATE INDEX deliveries_by_key ON deliveries (subscription, ordering_key, message_id) WHERE ordering_key <> '';
CREATE INDEX deliveries_by_message ON deliveries (message_id);
CREATE INDEX deliveries_by_owner ON deliveries (owner) WHERE owner IS NOT NULL
"""


def add_message(connection: sqlite3.Connection, message: Message, now: int) -> None:
    """Store a message and one delivery for each subscription of its topic.

    A dead-letter topic keeps its messages; elsewhere a message that nobody subscribes to is dropped.
    """
    subscribers = connection.execute(
        "SELECT name, ordered FROM subscriptions WHERE topic = ?", (message.topic,)
    ).fetchall()
    kept = is_dead_letter_topic(connection, message.topic)
    if not subscribers and not kept:
        return
    message_id = insert_message(connection, message, now, kept=kept)
    for subscription, ordered in subscribers:
        add_delivery(connection, subscription, message_id, message.ordering_key if ordered else "", now)


def is_dead_letter_topic(connection: sqlite3.Connection, topic: str) -> bool:
    """Whether some subscription sends its dead letters there."""
    found = connection.execute("SELECT 1 FROM subscriptions WHERE dead_letter_topic = ?", (topic,)).fetchone()
    return found is not None


def insert_message(connection: sqlite3.Connection, message: Message, now: int, *, kept: bool) -> int:
    """Store a message alone, and return its id. Ids grow in the order of publishing and are never used again."""
    cursor = connection.execute(
        "INSERT INTO messages (topic, data, attributes, ordering_key, published_at, kept) VALUES (?, ?, ?, ?, ?, ?)",
        (message.topic, message.data, encode(message.attributes), message.ordering_key, now, kept),
    )
    return int(cursor.lastrowid or 0)


def add_delivery(
    connection: sqlite3.Connection, subscription: str, message_id: int, ordering_key: str, now: int
) -> None:
    """Make a message due at once, or behind those of its key."""
    is_behind = (
        ordering_key
        and connection.execute(
            "SELECT 1 FROM deliveries WHERE subscription = ? AND ordering_key = ? AND ordering_key <> ''",
            (subscription, ordering_key),
        ).fetchone()
    )
    connection.execute(
        "INSERT INTO deliveries VALUES (?, ?, ?, 0, ?, NULL)",
        (subscription, message_id, ordering_key, WAITS_FOR_KEY if is_behind else now),
    )


def remove_delivery(connection: sqlite3.Connection, subscription: str, message_id: int, now: int) -> None:
    """Take a delivery away; the next of its key becomes due, and a message that nobody waits for goes."""
    key = connection.execute(
        "SELECT ordering_key FROM deliveries WHERE subscription = ? AND message_id = ?",
        (subscription, message_id),
    ).fetchone()[0]
    connection.execute("DELETE FROM deliveries WHERE subscription = ? AND message_id = ?", (subscription, message_id))
    if key:
        connection.execute(
            "UPDATE deliveries SET due_at = ? WHERE subscription = ? AND message_id ="
            " (SELECT MIN(message_id) FROM deliveries"
            " WHERE subscription = ? AND ordering_key = ? AND ordering_key <> '')",
            (now, subscription, subscription, key),
        )
    drop_message_if_done(connection, message_id)


def drop_message_if_done(connection: sqlite3.Connection, message_id: int) -> None:
    """Remove a message that no subscription waits for and no dead-letter topic keeps."""
    connection.execute(
        "DELETE FROM messages WHERE id = ? AND NOT kept"
        " AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message_id = messages.id)",
        (message_id,),
    )


def encode(attributes: Mapping[str, str]) -> str:
    """Attributes as they are stored."""
    return json.dumps(dict(attributes), ensure_ascii=False)
