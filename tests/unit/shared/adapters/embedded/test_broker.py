"""The embedded broker's subscriptions and dead letters."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dead_letters import DELIVERY_COUNT
from shared.adapters.embedded.delivery_queue import Settlement
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.ports.publisher import Message
from tests.fakes.clock import FrozenClock

ONE = SubscriptionConfig("one", "t", max_delivery_attempts=1, dead_letter_topic="t.dead", ordered=True)
TWO = SubscriptionConfig("two", "t")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[SqliteBroker]:
    """Two subscriptions of one topic; the first gives up after one attempt."""
    made = SqliteBroker(tmp_path / "queue.db", [ONE, TWO], clock=FrozenClock())
    yield made
    made.close()


def fail(broker: SqliteBroker, config: SubscriptionConfig = ONE) -> None:
    """Deliver what is due, and fail."""
    owner = broker.queue.enter()
    leases = broker.queue.exchange(owner, [], {config: 100}).leases
    broker.queue.exchange(owner, [Settlement(lease, acked=False) for lease in leases], {})
    owner.leave()


def due(broker: SqliteBroker, config: SubscriptionConfig) -> list[tuple[bytes, int]]:
    """Data and attempts of what is due."""
    owner = broker.queue.enter()
    leases = broker.queue.exchange(owner, [], {config: 100}).leases
    owner.leave()
    broker.queue.free_leases_of_the_dead()
    return [(lease.message.data, lease.message.delivery_attempt) for lease in leases]


def test_subscriptions_are_kept_with_the_file(broker: SqliteBroker, tmp_path: Path) -> None:
    """A process that only publishes need not know them."""
    other = SqliteBroker(tmp_path / "queue.db", clock=FrozenClock())
    other.publish([Message("t", b"x")])

    assert [ONE, TWO] == other.subscriptions()
    assert {"one": 1, "two": 1} == broker.backlog()


def test_a_subscription_that_is_declared_no_more_ends_with_its_backlog(broker: SqliteBroker) -> None:
    """Others keep theirs, and a new one begins with what is published from now on."""
    broker.publish([Message("t", b"before")])
    three = SubscriptionConfig("three", "t")
    broker.declare([TWO, three])
    broker.publish([Message("t", b"after")])

    assert [three, TWO] == broker.subscriptions()
    assert {"three": 1, "two": 2} == broker.backlog()


def test_new_settings_hold_for_messages_that_wait(broker: SqliteBroker) -> None:
    """Declaring a subscription again keeps its backlog."""
    broker.publish([Message("t", b"x")])
    broker.declare([SubscriptionConfig("one", "t", ack_deadline_s=5), TWO])

    assert 5 == broker.subscriptions()[0].ack_deadline_s
    assert {"one": 1, "two": 1} == broker.backlog()


def test_a_message_nobody_subscribes_to_is_dropped(broker: SqliteBroker) -> None:
    """As by Pub/Sub; a subscription made later does not see it."""
    broker.publish([Message("elsewhere", b"x")])
    broker.declare([SubscriptionConfig("late", "elsewhere")])

    assert {"late": 0} == broker.backlog()


def test_dead_letters_are_kept_oldest_first(broker: SqliteBroker) -> None:
    """Each topic its own; what a function parks there is kept as well."""
    broker.publish([Message("t", b"1"), Message("t", b"2")])
    fail(broker)
    broker.publish([Message("t.dead", b"parked", {"reason": "malformed"})])

    letters = broker.dead_letters("t.dead")

    assert [b"1", b"2", b"parked"] == [letter.message.data for letter in letters]
    assert ["one", "one", None] == [letter.subscription for letter in letters]
    assert ["1", "1", None] == [letter.message.attributes.get(DELIVERY_COUNT) for letter in letters]
    assert [] == broker.dead_letters("t")


def test_replay_delivers_again_where_it_failed_and_nowhere_else(broker: SqliteBroker) -> None:
    """With attempts counted anew, and without what Pub/Sub said about it."""
    broker.publish([Message("t", b"x", {"ce-id": "1"}, "k")])
    fail(broker)

    assert 1 == broker.replay("t.dead")

    assert {"one": 1, "two": 1} == broker.backlog()
    assert [] == broker.dead_letters("t.dead")
    owner = broker.queue.enter()
    [lease] = broker.queue.exchange(owner, [], {ONE: 9}).leases
    message = lease.message
    assert ("t", {"ce-id": "1"}, "k", 1) == (
        message.topic,
        message.attributes,
        message.ordering_key,
        message.delivery_attempt,
    )


def test_replay_takes_the_ids_that_are_named(broker: SqliteBroker) -> None:
    """The others stay, as does one of another topic."""
    broker.publish([Message("t", b"1"), Message("t", b"2")])
    fail(broker)
    first, second = broker.dead_letters("t.dead")

    assert 1 == broker.replay("t.dead", ids=[second.id])
    assert 0 == broker.replay("other.dead", ids=[first.id])

    assert [first] == broker.dead_letters("t.dead")
    assert [(b"2", 1)] == due(broker, ONE)


def test_replay_to_a_topic_publishes_there(broker: SqliteBroker) -> None:
    """Every subscription of the topic gets it: the way back for what a function parked."""
    broker.publish([Message("t.dead", b"parked", {"reason": "r"})])

    assert 0 == broker.replay("t.dead")
    assert 1 == broker.replay("t.dead", to_topic="t")

    assert {"one": 1, "two": 1} == broker.backlog()
    assert [] == broker.dead_letters("t.dead")


def test_discard_forgets(broker: SqliteBroker) -> None:
    """All, or those of the given ids."""
    broker.publish([Message("t.dead", b"1"), Message("t.dead", b"2"), Message("t.dead", b"3")])
    first = broker.dead_letters("t.dead")[0]

    assert 1 == broker.discard("t.dead", ids=[first.id])
    assert 2 == len(broker.dead_letters("t.dead"))
    assert 2 == broker.discard("t.dead")
    assert [] == broker.dead_letters("t.dead")


def test_a_dead_letter_topic_may_have_subscriptions(tmp_path: Path) -> None:
    """Then its messages are delivered as well as kept, and stay until both are done with them."""
    watcher = SubscriptionConfig("watcher", "t.dead")
    broker = SqliteBroker(tmp_path / "queue.db", [ONE, watcher], clock=FrozenClock())
    broker.publish([Message("t", b"x")])
    fail(broker)
    broker.discard("t.dead")

    assert [(b"x", 1)] == due(broker, watcher)


def test_a_publish_is_taken_whole_or_not_at_all(broker: SqliteBroker) -> None:
    """One message that is refused refuses the others."""
    with pytest.raises(ValueError, match="neither data nor attributes"):
        broker.publish([Message("t", b"x"), Message("t", b"")])

    assert {"one": 0, "two": 0} == broker.backlog()


def test_listeners_hear_of_each_publish(broker: SqliteBroker) -> None:
    """Until they are removed."""
    heard: list[int] = []

    def listen() -> None:
        heard.append(1)

    broker.add_listener(listen)
    broker.publish([Message("t", b"x")])
    broker.remove_listener(listen)
    broker.publish([Message("t", b"x")])

    assert [1] == heard
