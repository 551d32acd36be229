"""The publisher port on one SQLite file, with Pub/Sub's subscriptions and dead-letter topics."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from shared.adapters.embedded.database import Database
from shared.adapters.embedded.dead_letters import DeadLetter, forget, read_dead_letters, revive
from shared.adapters.embedded.delivery_queue import DeliveryQueue
from shared.adapters.embedded.moments import to_micros
from shared.adapters.embedded.owners import Owners
from shared.adapters.embedded.queue_schema import SCHEMA, SCHEMA_VERSION, add_message, drop_message_if_done
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.adapters.messages import check_message
from shared.ports.clock import Clock, SystemClock
from shared.ports.publisher import Message


class SqliteBroker:
    """Messages in a file, delivered at least once by the `Dispatcher` of any process that opens it.

    A publish that has returned survives kill -9 and power loss. With `subscriptions`, these become exactly the
    subscriptions of the file; without, the file's own stay. A message to a topic without subscriptions is
    dropped, as by Pub/Sub, unless it is a dead-letter topic: those keep their messages until `replay` or `discard`.
    """

    def __init__(
        self, path: Path, subscriptions: Iterable[SubscriptionConfig] | None = None, *, clock: Clock | None = None
    ) -> None:
        self._clock = clock or SystemClock()
        self._database = Database(path, schema=SCHEMA, schema_version=SCHEMA_VERSION)
        self._listeners: list[Callable[[], None]] = []
        owners = Owners(path.with_name(f"{path.name}.owners"))
        self.queue = DeliveryQueue(self._database, owners, self._clock)
        if subscriptions is not None:
            self.declare(subscriptions)

    def publish(self, messages: Sequence[Message]) -> None:
        """Return when every message is durable; all are taken or none. Delivery is at least once.

        Raises:
            DependencyUnavailable: the file is locked for too long, or the disk is full.
            ValueError: a message that Pub/Sub would refuse.
        """
        for message in messages:
            check_message(message)
        now = to_micros(self._clock.now())
        with self._database.write() as connection:
            for message in messages:
                add_message(connection, message, now)
        self._tell_listeners()

    def declare(self, subscriptions: Iterable[SubscriptionConfig]) -> None:
        """Make these the subscriptions: new ones see what is published from now on, others end with their backlog."""
        wanted = {config.name: config for config in subscriptions}
        if self.subscriptions() == [wanted[name] for name in sorted(wanted)]:
            return  # as at every start but the first: no lock, no wait for the disk
        with self._database.write() as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM subscriptions")]
            for name in (name for name in names if name not in wanted):
                ids = [
                    row[0]
                    for row in connection.execute("SELECT message_id FROM deliveries WHERE subscription = ?", (name,))
                ]
                connection.execute("DELETE FROM deliveries WHERE subscription = ?", (name,))
                connection.execute("DELETE FROM subscriptions WHERE name = ?", (name,))
                for message_id in ids:
                    drop_message_if_done(connection, message_id)
            connection.executemany(
                "REPLACE INTO subscriptions VALUES (?, ?, ?, ?, ?)",
                [
                    (each.name, each.topic, each.ordered, each.dead_letter_topic, json.dumps(asdict(each)))
                    for each in wanted.values()
                ],
            )

    def subscriptions(self) -> list[SubscriptionConfig]:
        """The subscriptions of the file, by name."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT settings FROM subscriptions ORDER BY name").fetchall()
        return [SubscriptionConfig(**json.loads(row[0])) for row in rows]

    def backlog(self) -> dict[str, int]:
        """How many messages each subscription has not acknowledged, those out for delivery included."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT name, (SELECT COUNT(*) FROM deliveries WHERE subscription = name) FROM subscriptions"
            ).fetchall()
        return dict(rows)

    def dead_letters(self, topic: str) -> list[DeadLetter]:
        """What a dead-letter topic keeps, oldest first."""
        with self._database.read() as connection:
            return read_dead_letters(connection, topic)

    def replay(self, topic: str, *, ids: Sequence[int] | None = None, to_topic: str | None = None) -> int:
        """Try dead letters again, all or those of the given ids, and keep them no longer. Returns how many.

        Each goes to the subscription that gave up on it, without the attributes that say so and with its attempts
        counted anew; or, with `to_topic`, is published there. One whose subscription is unknown stays.
        """
        now = to_micros(self._clock.now())
        with self._database.write() as connection:
            letters = read_dead_letters(connection, topic, ids)
            revived = sum(revive(connection, letter, to_topic, now) for letter in letters)
        self._tell_listeners()
        return revived

    def discard(self, topic: str, *, ids: Sequence[int] | None = None) -> int:
        """Keep dead letters no longer, all or those of the given ids. Returns how many."""
        with self._database.write() as connection:
            letters = read_dead_letters(connection, topic, ids)
            for letter in letters:
                forget(connection, letter.id)
        return len(letters)

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each publish of this process. It must return at once."""
        self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[], None]) -> None:
        """Call it no more."""
        self._listeners.remove(listener)

    def fold_log(self) -> bool:
        """As `Database.fold_log`."""
        return self._database.fold_log()

    def close(self) -> None:
        """Close the file. Dispatchers have been stopped."""
        self._database.close()

    def _tell_listeners(self) -> None:
        for listener in list(self._listeners):
            listener()
