"""What every publisher does, and what becomes of its messages: Pub/Sub's promises as far as we build on them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.ports.publisher import Message, Publisher
from tests.contracts.brokers import Broker, Consumer, embedded_broker, google_broker
from tests.contracts.polling import wait_until
from tests.fakes.publisher import RecordingPublisher

Opens = Callable[[Sequence[SubscriptionConfig], Consumer], Broker]


@pytest.fixture(params=["embedded", pytest.param("pubsub", marks=pytest.mark.emulators)])
def open_broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opens]:
    """Opens the runtime's broker with subscriptions that deliver to a consumer, until the test ends."""
    project = request.getfixturevalue("google_project") if request.param == "pubsub" else ""

    def open_(subscriptions: Sequence[SubscriptionConfig], consumer: Consumer) -> Broker:
        opened: AbstractContextManager[Broker] = (
            google_broker(project, subscriptions, consumer)
            if project
            else embedded_broker(tmp_path, subscriptions, consumer)
        )
        return stack.enter_context(opened)

    with ExitStack() as stack:
        yield open_


@pytest.fixture(params=["recording", "embedded", pytest.param("pubsub", marks=pytest.mark.emulators)])
def any_publisher(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Publisher]:
    """A publisher that nothing is expected to arrive from."""
    if request.param == "recording":
        yield RecordingPublisher()
        return
    project = request.getfixturevalue("google_project") if request.param == "pubsub" else ""
    with google_broker(project, [], Consumer()) if project else embedded_broker(tmp_path, [], Consumer()) as broker:
        yield broker.publisher


def subscription(
    name: str, topic: str = "things", *, ordered: bool = False, dead: str | None = None
) -> SubscriptionConfig:
    """Redelivers soon, and gives up after Pub/Sub's least number of attempts."""
    return SubscriptionConfig(
        name=name,
        topic=topic,
        ordered=ordered,
        min_backoff_s=0.05,
        max_backoff_s=0.2,
        max_delivery_attempts=5,
        dead_letter_topic=dead,
    )


def test_every_subscription_gets_every_message_of_its_topic(open_broker: Opens) -> None:
    """With data and attributes as they were published, and none of other topics."""
    consumer = Consumer()
    broker = open_broker([subscription("one"), subscription("two"), subscription("other", "other")], consumer)

    broker.publisher.publish(
        [
            Message("things", b"\0\xff data", {"ce-id": "1", "ü": "\U0001f30a ß"}),
            Message("things", b"", {"only": "attributes"}),
            Message("other", b"else"),
        ]
    )
    wait_until(lambda: len(consumer.handled) >= 5, saying=lambda: consumer.handled)

    assert sorted(
        [
            ("one", b"\0\xff data", {"ce-id": "1", "ü": "\U0001f30a ß"}),
            ("one", b"", {"only": "attributes"}),
            ("two", b"\0\xff data", {"ce-id": "1", "ü": "\U0001f30a ß"}),
            ("two", b"", {"only": "attributes"}),
            ("other", b"else", {}),
        ],
        key=str,
    ) == sorted(consumer.handled, key=str)


def test_a_publish_larger_than_one_request_arrives_whole(open_broker: Opens) -> None:
    """More messages, and more bytes, than Pub/Sub takes at once."""
    consumer = Consumer()
    broker = open_broker([subscription("one")], consumer)
    small = [Message("things", str(number).encode(), {}, f"key-{number % 4}") for number in range(1_200)]
    large = [Message("things", bytes([number]) * 4_000_000) for number in range(3)]

    broker.publisher.publish([*small, *large])
    wait_until(lambda: len(consumer.handled) >= 1_203, saying=lambda: len(consumer.handled))

    assert sorted(message.data for message in (*small, *large)) == sorted(consumer.data("one"))


def test_what_a_function_parks_is_kept_with_the_dead_letters(open_broker: Opens) -> None:
    """Published to the dead-letter topic like any message, with the reason as an attribute."""
    broker = open_broker([subscription("one", dead="things.dead")], Consumer())

    broker.publisher.publish([Message("things.dead", b"bad", {"reason": "malformed"})])
    wait_until(lambda: bool(broker.dead_letters("things.dead")))

    assert [(b"bad", {"reason": "malformed"})] == broker.dead_letters("things.dead")


def test_messages_of_a_key_arrive_in_order(open_broker: Opens) -> None:
    """Within a publish and from one to the next, while other keys go on beside them."""
    consumer = Consumer()
    broker = open_broker([subscription("one", ordered=True)], consumer)

    for start in range(0, 60, 20):
        broker.publisher.publish(
            [
                Message("things", f"{number % 3}/{number:03}".encode(), {}, f"key-{number % 3}")
                for number in range(start, start + 20)
            ]
        )
    wait_until(lambda: len(consumer.handled) >= 60, saying=lambda: len(consumer.handled))

    for key in range(3):
        of_key = [data for data in consumer.data("one") if data.startswith(f"{key}/".encode())]
        assert [f"{key}/{number:03}".encode() for number in range(key, 60, 3)] == of_key


def test_a_message_that_fails_is_delivered_again(open_broker: Opens) -> None:
    """Until it is handled; others are handled once."""
    consumer = Consumer(faults={b"hard": 2})
    broker = open_broker([subscription("one")], consumer)

    broker.publisher.publish([Message("things", b"easy"), Message("things", b"hard")])
    wait_until(lambda: len(consumer.handled) >= 2, saying=lambda: consumer)

    assert [b"easy", b"hard"] == sorted(consumer.data("one"))
    assert [b"hard", b"hard"] == consumer.refused


def test_a_message_that_always_fails_goes_to_the_dead_letters(open_broker: Opens) -> None:
    """After its attempts, with its own attributes and Pub/Sub's; others are not held up by it."""
    consumer = Consumer(poison={b"bad"})
    broker = open_broker([subscription("one", dead="things.dead")], consumer)

    broker.publisher.publish([Message("things", b"bad", {"ce-id": "7"}), Message("things", b"good")])
    wait_until(lambda: bool(broker.dead_letters("things.dead")), saying=lambda: consumer)

    [(data, attributes)] = broker.dead_letters("things.dead")
    assert b"bad" == data
    assert "7" == attributes["ce-id"]
    assert "one" == attributes["CloudPubSubDeadLetterSourceSubscription"]
    assert "5" == attributes["CloudPubSubDeadLetterSourceDeliveryCount"]
    assert attributes.keys() >= {
        "CloudPubSubDeadLetterSourceSubscriptionProject",
        "CloudPubSubDeadLetterSourceTopicPublishTime",
    }
    assert [b"good"] == consumer.data("one")


@pytest.mark.parametrize(
    "message",
    [
        Message("", b"x"),
        Message("things", b""),
        Message("things", b"x" * 10_000_000),
        Message("things", b"x", {"": "no name"}),
        Message("things", b"x", {"n" * 257: ""}),
        Message("things", b"x", {"n": "v" * 1_025}),
        Message("things", b"x", {str(number): "" for number in range(101)}),
        Message("things", b"x", {}, "k" * 1_025),
    ],
    ids=["no topic", "empty", "too large", "no name", "long name", "long value", "many attributes", "long key"],
)
def test_what_pubsub_would_refuse_is_refused(any_publisher: Publisher, message: Message) -> None:
    """By every publisher, before it takes any message."""
    with pytest.raises(ValueError, match=r"message|attribute|key"):
        any_publisher.publish([Message("things", b"fine"), message])


def test_a_publish_of_nothing_is_fine(any_publisher: Publisher) -> None:
    """No messages, no error."""
    any_publisher.publish([])
