"""A publisher with subscriptions behind it, on each runtime, as the delivery contract sees it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.ports.publisher import Publisher
from tests.contracts.push_server import push_server


class RefusedError(Exception):
    """What a consumer raises to be sent a message again."""


@dataclass
class Consumer:
    """Receives for every subscription. Data in `poison` fails always, data in `faults` so many times."""

    faults: dict[bytes, int] = field(default_factory=dict)
    poison: set[bytes] = field(default_factory=set)
    handled: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    _guard: Any = field(default_factory=Lock)

    def receive(self, subscription: str, data: bytes, attributes: dict[str, str]) -> None:
        """Handle one delivery, or raise."""
        with self._guard:
            if data in self.poison or self.faults.get(data, 0) > self.refused.count(data):
                self.refused.append(data)
                raise RefusedError
            self.handled.append((subscription, data, attributes))

    def data(self, subscription: str) -> list[bytes]:
        """What one subscription has handled, in order."""
        with self._guard:
            return [data for name, data, _ in self.handled if name == subscription]


class Broker(Protocol):
    """One runtime's publisher, delivering to a consumer while it is open."""

    publisher: Publisher

    def dead_letters(self, topic: str) -> list[tuple[bytes, dict[str, str]]]:
        """Data and attributes of what a dead-letter topic holds so far."""
        ...


@dataclass
class _Embedded:
    publisher: Any

    def dead_letters(self, topic: str) -> list[tuple[bytes, dict[str, str]]]:
        return [(letter.message.data, dict(letter.message.attributes)) for letter in self.publisher.dead_letters(topic)]


@contextmanager
def embedded_broker(
    directory: Path, subscriptions: Sequence[SubscriptionConfig], consumer: Consumer
) -> Iterator[Broker]:
    """The SQLite broker and a dispatcher."""
    from shared.adapters.embedded.broker import SqliteBroker  # noqa: PLC0415 - only what is tested
    from shared.adapters.embedded.dispatcher import Dispatcher  # noqa: PLC0415
    from shared.adapters.embedded.received_message import ReceivedMessage  # noqa: PLC0415

    def deliver(subscription: str, message: ReceivedMessage) -> None:
        consumer.receive(subscription, message.data, dict(message.attributes))

    broker = SqliteBroker(directory / "queue.db", subscriptions)
    dispatcher = Dispatcher(broker, deliver)
    dispatcher.start()
    yield _Embedded(broker)
    dispatcher.stop()
    broker.close()


@dataclass
class _Google:
    publisher: Publisher
    subscriber: Any
    project: str
    found: dict[str, list[tuple[bytes, dict[str, str]]]] = field(default_factory=dict)

    def dead_letters(self, topic: str) -> list[tuple[bytes, dict[str, str]]]:
        from google.api_core.exceptions import DeadlineExceeded  # noqa: PLC0415 - only what is tested

        subscription = f"projects/{self.project}/subscriptions/{topic}.watch"
        found = self.found.setdefault(topic, [])
        try:
            received = self.subscriber.pull(subscription=subscription, max_messages=100, timeout=1).received_messages
        except DeadlineExceeded:
            return found
        found += [(each.message.data, dict(each.message.attributes)) for each in received]
        if received:
            self.subscriber.acknowledge(subscription=subscription, ack_ids=[each.ack_id for each in received])
        return found


@contextmanager
def google_broker(project: str, subscriptions: Sequence[SubscriptionConfig], consumer: Consumer) -> Iterator[Broker]:
    """Pub/Sub with push subscriptions to a server of this process."""
    from google.pubsub_v1 import PublisherClient, SubscriberClient  # noqa: PLC0415 - only what is tested

    from shared.adapters.google.publisher import GooglePublisher  # noqa: PLC0415 - only what is tested

    topics, subscriber = PublisherClient(), SubscriberClient()
    dead = {each.dead_letter_topic for each in subscriptions if each.dead_letter_topic}
    for topic in sorted({each.topic for each in subscriptions} | dead):
        topics.create_topic(name=_topic(project, topic))
    for topic in dead:
        subscriber.create_subscription(
            name=f"projects/{project}/subscriptions/{topic}.watch", topic=_topic(project, topic)
        )
    with push_server(consumer.receive) as url:
        for each in subscriptions:
            subscriber.create_subscription(request=_push(project, each, url))
        publisher = GooglePublisher(project)
        yield _Google(publisher, subscriber, project)
        for each in subscriptions:
            subscriber.delete_subscription(subscription=f"projects/{project}/subscriptions/{each.name}")
    publisher.close()
    topics.transport.close()  # type: ignore[no-untyped-call]
    subscriber.transport.close()  # type: ignore[no-untyped-call]


def _topic(project: str, name: str) -> str:
    return f"projects/{project}/topics/{name}"


def _push(project: str, config: SubscriptionConfig, url: str) -> dict[str, Any]:
    request: dict[str, Any] = {
        "name": f"projects/{project}/subscriptions/{config.name}",
        "topic": _topic(project, config.topic),
        "push_config": {"push_endpoint": url},
        "ack_deadline_seconds": int(config.ack_deadline_s),
        "enable_message_ordering": config.ordered,
    }
    if config.dead_letter_topic:
        request["dead_letter_policy"] = {
            "dead_letter_topic": _topic(project, config.dead_letter_topic),
            "max_delivery_attempts": config.max_delivery_attempts,
        }
    return request
