"""When the embedded broker makes a delivery, whom it holds back, and when it gives up: with the clock held still."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.delivery_queue import Lease, Settlement
from shared.adapters.embedded.owners import Owner
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.ports.publisher import Message
from tests.fakes.clock import FrozenClock

CONFIG = SubscriptionConfig(
    name="s",
    topic="t",
    ordered=True,
    ack_deadline_s=30,
    min_backoff_s=10,
    max_backoff_s=60,
    max_delivery_attempts=5,
    dead_letter_topic="t.dead",
)


class Bench:
    """A broker under a clock that the test moves, and one owner of leases."""

    def __init__(self, directory: Path, *configs: SubscriptionConfig) -> None:
        self.clock = FrozenClock()
        self.configs = {config.name: config for config in configs}
        self.broker = SqliteBroker(directory / "queue.db", configs, clock=self.clock)
        self.owner: Owner = self.broker.queue.enter()

    def publish(self, *data: bytes, key: str = "") -> None:
        """To topic `t`."""
        self.broker.publish([Message("t", each, {}, key) for each in data])

    def lease(self, subscription: str = "s", limit: int = 100) -> list[Lease]:
        """What is due."""
        return self.broker.queue.exchange(self.owner, [], {self.configs[subscription]: limit}).leases

    def ack(self, leases: Iterable[Lease]) -> None:
        """They were handled."""
        self.broker.queue.exchange(self.owner, [Settlement(lease, acked=True) for lease in leases], {})

    def nack(self, leases: Iterable[Lease]) -> None:
        """They failed."""
        self.broker.queue.exchange(self.owner, [Settlement(lease, acked=False) for lease in leases], {})

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(seconds=seconds))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """One ordered subscription."""
    made = Bench(tmp_path, CONFIG)
    yield made
    made.broker.close()


def data(leases: Iterable[Lease]) -> list[bytes]:
    """What was leased."""
    return [lease.message.data for lease in leases]


def test_a_lease_says_what_pubsub_says(bench: Bench) -> None:
    """Data, attributes, key, time of publishing and the number of this attempt."""
    bench.broker.publish([Message("t", b"x", {"a": "1"}, "k")])
    published_at = bench.clock.now()
    bench.wait(3)

    [lease] = bench.lease()

    message = lease.message
    assert ("t", b"x", {"a": "1"}, "k") == (message.topic, message.data, message.attributes, message.ordering_key)
    assert (published_at, 1) == (message.published_at, message.delivery_attempt)


def test_a_leased_message_is_not_due_until_its_deadline(bench: Bench) -> None:
    """Then it is delivered again, counted as another attempt."""
    bench.publish(b"x")
    bench.lease()
    bench.wait(29.999)
    early = bench.lease()
    bench.wait(0.001)
    [again] = bench.lease()

    assert [] == early
    assert 2 == again.message.delivery_attempt


def test_an_acknowledged_message_is_gone(bench: Bench) -> None:
    """For good, from the backlog too."""
    bench.publish(b"x")
    bench.ack(bench.lease())
    bench.wait(10_000)

    assert [] == bench.lease()
    assert {"s": 0} == bench.broker.backlog()


def test_backoff_doubles_up_to_its_maximum(tmp_path: Path) -> None:
    """10, 20, 40, then 60 seconds for ever, where nothing gives up."""
    bench = Bench(tmp_path, SubscriptionConfig("s", "t", min_backoff_s=10, max_backoff_s=60))
    bench.publish(b"x")
    pauses = []
    for _ in range(6):
        bench.nack(bench.lease())
        due_in_s = bench.broker.queue.wait_until_due_s(["s"])
        assert due_in_s is not None
        pauses.append(due_in_s)
        bench.wait(due_in_s)

    assert [10, 20, 40, 60, 60, 60] == pauses


def test_messages_of_a_key_are_out_one_at_a_time(bench: Bench) -> None:
    """In the order of publishing; keys do not wait for each other, nor do messages without one."""
    bench.publish(b"a1", b"a2", b"a3", key="a")
    bench.publish(b"b1", b"b2", key="b")
    bench.publish(b"1", b"2")
    rounds = []
    while leases := bench.lease():
        rounds.append(sorted(data(leases)))
        bench.ack(leases)

    assert [[b"1", b"2", b"a1", b"b1"], [b"a2", b"b2"], [b"a3"]] == rounds


def test_a_failed_message_holds_back_its_key_only(bench: Bench) -> None:
    """Until it succeeds, also while others of the key are published."""
    bench.publish(b"a1", b"a2", key="a")
    bench.publish(b"b1", key="b")
    first = bench.lease()
    bench.nack(lease for lease in first if lease.message.data == b"a1")
    bench.ack(lease for lease in first if lease.message.data == b"b1")
    bench.publish(b"a3", key="a")
    bench.publish(b"b2", key="b")

    meanwhile = data(bench.lease())
    bench.wait(10)
    after = bench.lease()
    bench.ack(after)
    last = bench.lease()

    assert [b"b2"] == meanwhile
    assert [b"a1"] == data(after)
    assert [b"a2"] == data(last)


def test_a_message_past_its_deadline_holds_back_its_key_too(bench: Bench) -> None:
    """Nobody knows yet whether it was handled."""
    bench.publish(b"a1", b"a2", key="a")
    bench.lease()
    bench.wait(31)

    assert [b"a1"] == data(bench.lease())
    assert [] == bench.lease()


def test_without_order_a_key_means_nothing(tmp_path: Path) -> None:
    """All of it is out at once."""
    bench = Bench(tmp_path, SubscriptionConfig("s", "t", ordered=False))
    bench.publish(b"1", b"2", key="a")

    assert [b"1", b"2"] == data(bench.lease())


def test_no_more_is_leased_than_asked_for(bench: Bench) -> None:
    """The rest stays due, the oldest first."""
    bench.publish(b"1", b"2", b"3")

    assert [b"1", b"2"] == data(bench.lease(limit=2))
    assert [b"3"] == data(bench.lease())


def test_a_message_that_used_up_its_attempts_goes_to_the_dead_letters(bench: Bench) -> None:
    """With what Pub/Sub says about it, and the next of its key is delivered."""
    bench.broker.publish([Message("t", b"bad", {"ce-id": "1"}, "a"), Message("t", b"next", {}, "a")])
    published_at = bench.clock.now()
    for _ in range(5):
        leases = bench.lease()
        assert [b"bad"] == data(leases)
        bench.nack(leases)
        bench.wait(60)
    [letter] = bench.broker.dead_letters("t.dead")

    assert b"bad" == letter.message.data
    assert {
        "ce-id": "1",
        "CloudPubSubDeadLetterSourceSubscription": "s",
        "CloudPubSubDeadLetterSourceSubscriptionProject": "embedded",
        "CloudPubSubDeadLetterSourceTopicPublishTime": published_at.isoformat(),
        "CloudPubSubDeadLetterSourceDeliveryCount": "5",
    } == letter.message.attributes
    assert ("t.dead", "a") == (letter.message.topic, letter.message.ordering_key)
    assert "s" == letter.subscription
    assert [b"next"] == data(bench.lease())


def test_attempts_that_died_count_as_well(bench: Bench) -> None:
    """A message that kills its process, or hangs, is given up in the end."""
    bench.publish(b"deadly")
    for _ in range(5):
        assert [b"deadly"] == data(bench.lease())
        bench.wait(30)

    assert [] == bench.lease()
    assert [b"deadly"] == [letter.message.data for letter in bench.broker.dead_letters("t.dead")]


def test_a_late_answer_settles_nothing(bench: Bench) -> None:
    """Once the message is out again, only the newer attempt counts."""
    bench.publish(b"x")
    late = bench.lease()
    bench.wait(30)
    newer = bench.lease()
    bench.ack(late)
    bench.nack(late)

    assert {"s": 1} == bench.broker.backlog()
    assert [] == bench.lease()
    bench.ack(newer)
    assert {"s": 0} == bench.broker.backlog()


def test_a_dead_owners_leases_are_due_at_once(bench: Bench) -> None:
    """A living owner's are not."""
    bench.publish(b"a1", b"a2", key="a")
    other = bench.broker.queue.enter()
    [lease] = bench.broker.queue.exchange(other, [], {CONFIG: 1}).leases

    bench.broker.queue.free_leases_of_the_dead()
    while_alive = bench.lease()
    other.leave()
    bench.broker.queue.free_leases_of_the_dead()

    assert [] == while_alive
    assert [(b"a1", 2)] == [(each.message.data, each.message.delivery_attempt) for each in bench.lease()]
    assert b"a1" == lease.message.data


def test_whoever_enters_finds_the_leases_of_the_dead_due(bench: Bench) -> None:
    """A restart does not wait for deadlines."""
    bench.publish(b"x")
    bench.lease()
    bench.owner.leave()

    bench.owner = bench.broker.queue.enter()

    assert [b"x"] == data(bench.lease())


def test_each_subscription_has_its_own_copy(tmp_path: Path) -> None:
    """One may succeed where another fails."""
    bench = Bench(tmp_path, SubscriptionConfig("one", "t"), SubscriptionConfig("two", "t"))
    bench.publish(b"x")
    bench.ack(bench.lease("one"))
    bench.nack(bench.lease("two"))
    bench.wait(10)

    assert {"one": 0, "two": 1} == bench.broker.backlog()
    assert [b"x"] == data(bench.lease("two"))


def test_the_next_moment_of_work_is_known(bench: Bench) -> None:
    """So that a dispatcher can sleep until then."""
    nothing = bench.broker.queue.wait_until_due_s(["s"])
    bench.publish(b"a1", b"a2", key="a")
    due = bench.broker.queue.wait_until_due_s(["s"])
    bench.lease()
    leased = bench.broker.queue.wait_until_due_s(["s"])

    assert nothing is None
    assert due == 0
    assert leased == 30
    assert bench.broker.queue.wait_until_due_s([]) is None
