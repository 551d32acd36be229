"""Leasing due deliveries and settling them: the consumer's side of the broker."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.adapters.embedded.database import Database
from shared.adapters.embedded.dead_letters import bury
from shared.adapters.embedded.moments import from_micros, to_micros
from shared.adapters.embedded.owners import Owner, Owners
from shared.adapters.embedded.queue_schema import WAITS_FOR_KEY, remove_delivery
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.ports.clock import Clock


@dataclass(frozen=True)
class Lease:
    """A message that its owner has until the ack deadline of the subscription."""

    subscription: SubscriptionConfig
    message: ReceivedMessage


@dataclass(frozen=True)
class Settlement:
    """What became of a lease."""

    lease: Lease
    acked: bool


@dataclass
class Exchange:
    """What one exchange with the queue gave: leases, and the subscriptions that gave up on a message."""

    leases: list[Lease] = field(default_factory=list)
    dead_lettered: list[str] = field(default_factory=list)


class DeliveryQueue:
    """Deliveries of every subscription in the file.

    Nothing here waits for the disk: power loss may bring back an acknowledged message, never lose one.
    """

    def __init__(self, database: Database, owners: Owners, clock: Clock) -> None:
        self._database = database
        self._owners = owners
        self._clock = clock

    def enter(self) -> Owner:
        """Become an owner of leases; those of dead owners are free from now on."""
        self.free_leases_of_the_dead()
        return self._owners.enter()

    def exchange(
        self, owner: Owner, settlements: Iterable[Settlement], wanted: Mapping[SubscriptionConfig, int]
    ) -> Exchange:
        """Settle leases and take up to the wanted number of new ones, in one transaction.

        A lease that was lost to its deadline meanwhile is not settled: the message is out again.
        """
        outcome = Exchange()
        now = self._now()
        with self._database.write(durable=False) as connection:
            for settlement in settlements:
                _settle(connection, owner, settlement, now, outcome)
            for config, limit in wanted.items():
                for message_id, attempts in _due(connection, config, limit, now):
                    if config.is_spent(attempts):  # its last attempt ran into the deadline, or its process died
                        bury(connection, config, message_id, attempts, now)
                        outcome.dead_lettered.append(config.name)
                    else:
                        outcome.leases.append(_lease(connection, owner, config, message_id, now))
        return outcome

    def wait_until_due_s(self, subscriptions: Sequence[str]) -> float | None:
        """How long until one of these has something to deliver; 0 or less for now, None for never."""
        with self._database.read() as connection:
            due = [
                row[0]
                for name in subscriptions
                for row in connection.execute(
                    "SELECT MIN(due_at) FROM deliveries WHERE subscription = ? AND due_at < ?", (name, WAITS_FOR_KEY)
                )
                if row[0] is not None
            ]
        return (min(due) - self._now()) / 1e6 if due else None

    def changes_seen(self) -> int:
        """A number that differs once another connection has committed: a cheap way to notice other processes."""
        return self._database.changes_seen()

    def free_leases_of_the_dead(self) -> None:
        """What a dead process was delivering is due at once, its attempt counted."""
        with self._database.read() as connection:
            names = [
                row[0] for row in connection.execute("SELECT DISTINCT owner FROM deliveries WHERE owner IS NOT NULL")
            ]
        dead = [name for name in names if not self._owners.is_alive(name)]
        if dead:
            with self._database.write(durable=False) as connection:
                connection.executemany(
                    "UPDATE deliveries SET due_at = ?, owner = NULL WHERE owner = ?",
                    [(self._now(), name) for name in dead],
                )

    def _now(self) -> int:
        return to_micros(self._clock.now())


def _settle(connection: sqlite3.Connection, owner: Owner, settlement: Settlement, now: int, outcome: Exchange) -> None:
    config, message = settlement.lease.subscription, settlement.lease.message
    message_id, attempt = int(message.message_id), message.delivery_attempt
    row = connection.execute(
        "SELECT 1 FROM deliveries WHERE subscription = ? AND message_id = ? AND attempts = ? AND owner = ?",
        (config.name, message_id, attempt, owner.name),
    ).fetchone()
    if row is None:  # past its deadline and leased again, or the subscription has ended
        return
    if settlement.acked:
        remove_delivery(connection, config.name, message_id, now)
    elif config.is_spent(attempt):
        bury(connection, config, message_id, attempt, now)
        outcome.dead_lettered.append(config.name)
    else:
        due_at = now + round(config.backoff_s(attempt) * 1e6)
        connection.execute(
            "UPDATE deliveries SET due_at = ?, owner = NULL WHERE subscription = ? AND message_id = ?",
            (due_at, config.name, message_id),
        )


def _due(connection: sqlite3.Connection, config: SubscriptionConfig, limit: int, now: int) -> list[tuple[int, int]]:
    """Ids and attempts of what is due, longest due first."""
    return connection.execute(
        "SELECT message_id, attempts FROM deliveries WHERE subscription = ? AND due_at <= ?"
        " ORDER BY due_at, message_id LIMIT ?",
        (config.name, now, limit),
    ).fetchall()


def _lease(
    connection: sqlite3.Connection, owner: Owner, config: SubscriptionConfig, message_id: int, now: int
) -> Lease:
    connection.execute(
        "UPDATE deliveries SET attempts = attempts + 1, due_at = ?, owner = ?"
        " WHERE subscription = ? AND message_id = ?",
        (now + round(config.ack_deadline_s * 1e6), owner.name, config.name, message_id),
    )
    topic, data, attributes, ordering_key, published_at, attempts = connection.execute(
        "SELECT topic, data, attributes, messages.ordering_key, published_at, attempts"
        " FROM messages JOIN deliveries ON message_id = id WHERE id = ? AND subscription = ?",
        (message_id, config.name),
    ).fetchone()
    message = ReceivedMessage(
        message_id=str(message_id),
        topic=topic,
        data=data,
        attributes=json.loads(attributes),
        ordering_key=ordering_key,
        published_at=from_micros(published_at),
        delivery_attempt=attempts,
    )
    return Lease(config, message)
