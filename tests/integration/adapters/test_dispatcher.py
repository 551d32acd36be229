"""The dispatcher with its threads, and with other processes on the same file."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock

import pytest

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dispatcher import Deliver, Dispatcher
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.errors import DependencyUnavailable
from shared.ports.publisher import Message
from tests.contracts.polling import wait_until

PLAIN = SubscriptionConfig("plain", "t", min_backoff_s=0.02, max_backoff_s=0.1)
ORDERED = SubscriptionConfig(
    "ordered",
    "t",
    ordered=True,
    min_backoff_s=0.02,
    max_backoff_s=0.1,
    max_delivery_attempts=3,
    dead_letter_topic="t.dead",
)


class Handler:
    """Remembers what it got; data in `poison` fails always."""

    def __init__(self, *poison: bytes) -> None:
        self.poison = poison
        self.got: list[ReceivedMessage] = []
        self.at: list[float] = []

    def __call__(self, _: str, message: ReceivedMessage) -> None:
        """Take a delivery."""
        self.at.append(time.time())
        if message.data in self.poison:
            raise DependencyUnavailable("poison")
        self.got.append(message)

    @property
    def data(self) -> list[bytes]:
        """What was handled, in order."""
        return [message.data for message in self.got]


@contextmanager
def dispatching(broker: SqliteBroker, deliver: Deliver, max_outstanding: int = 8) -> Iterator[Dispatcher]:
    """A dispatcher for the block."""
    dispatcher = Dispatcher(broker, deliver, max_outstanding=max_outstanding)
    dispatcher.start()
    try:
        yield dispatcher
    finally:
        dispatcher.stop(grace_s=5)


def broker_in(directory: Path, *configs: SubscriptionConfig) -> SqliteBroker:
    """The broker of a test."""
    return SqliteBroker(directory / "queue.db", configs)


def test_a_failed_message_holds_back_its_key_until_it_is_given_up(tmp_path: Path) -> None:
    """Then the rest of the key follows in order; other keys did not wait."""
    broker, handler = broker_in(tmp_path, ORDERED), Handler(b"a1")
    broker.publish([Message("t", data, {}, data.decode()[0]) for data in (b"a0", b"a1", b"a2", b"a3", b"b0")])

    with dispatching(broker, handler) as dispatcher:
        dispatcher.drain(10)
        status = dispatcher.status()["ordered"]

    assert [b"a0", b"a2", b"a3"] == [data for data in handler.data if data.startswith(b"a")]
    assert handler.data.index(b"b0") < handler.data.index(b"a2")
    assert [b"a1"] == [letter.message.data for letter in broker.dead_letters("t.dead")]
    assert (7, 4, 3, 1, 0, 0) == (
        status.delivered,
        status.acked,
        status.nacked,
        status.dead_lettered,
        status.outstanding,
        status.backlog,
    )


def test_what_handlers_publish_is_delivered_too(tmp_path: Path) -> None:
    """A chain of events is drained to its end."""
    broker = broker_in(tmp_path, PLAIN)
    seen: list[int] = []

    def count_down(_: str, message: ReceivedMessage) -> None:
        seen.append(int(message.data))
        if seen[-1]:
            broker.publish([Message("t", str(seen[-1] - 1).encode())])

    with dispatching(broker, count_down) as dispatcher:
        broker.publish([Message("t", b"20")])
        dispatcher.drain(10)

    assert list(range(20, -1, -1)) == seen


def test_no_more_than_its_limit_is_out_at_once(tmp_path: Path) -> None:
    """And as many as that, when there is work."""
    broker, guard = broker_in(tmp_path, PLAIN), Lock()
    now, most, full = 0, 0, Event()

    def deliver(_: str, __: ReceivedMessage) -> None:
        nonlocal now, most
        with guard:
            now += 1
            most = max(most, now)
        if most == 3:
            full.set()
        full.wait(5)
        with guard:
            now -= 1

    broker.publish([Message("t", b"x") for _ in range(20)])
    with dispatching(broker, deliver, max_outstanding=3) as dispatcher:
        dispatcher.drain(10)

    assert 3 == most


def test_a_handler_that_outlasts_its_deadline_sees_the_message_again(tmp_path: Path) -> None:
    """As with Pub/Sub: the first answer comes too late to count."""
    config = SubscriptionConfig("slow", "t", ack_deadline_s=0.2)
    broker, attempts = broker_in(tmp_path, config), list[int]()
    second = Event()

    def deliver(_: str, message: ReceivedMessage) -> None:
        attempts.append(message.delivery_attempt)
        if message.delivery_attempt == 1:
            second.wait(10)
        second.set()

    broker.publish([Message("t", b"x")])
    with dispatching(broker, deliver) as dispatcher:
        dispatcher.drain(10)

    assert [1, 2] == attempts


def test_a_publish_of_this_process_is_delivered_at_once(tmp_path: Path) -> None:
    """Long before the next look at the file would be due."""
    broker, handler = broker_in(tmp_path, PLAIN), Handler()
    delays_s = []
    with dispatching(broker, handler) as dispatcher:
        for _ in range(15):
            published_at = time.time()
            broker.publish([Message("t", b"x")])
            dispatcher.drain(5)
            delays_s.append(handler.at[-1] - published_at)

    assert sorted(delays_s)[7] < 0.015


def test_a_publish_of_another_process_is_noticed(tmp_path: Path) -> None:
    """Within a poll of 20 ms, as far as a busy machine allows."""
    broker, handler = broker_in(tmp_path, PLAIN), Handler()
    code = """
import sys, time
from pathlib import Path
from shared.adapters.embedded.broker import SqliteBroker
from shared.ports.publisher import Message
broker = SqliteBroker(Path(sys.argv[1]))
for _ in range(15):
    broker.publish([Message("t", repr(time.time()).encode())])
    time.sleep(0.05)
"""
    with dispatching(broker, handler):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / "queue.db")], check=True)
        wait_until(lambda: len(handler.got) == 15, saying=lambda: handler.data)

    delays_s = sorted(at - float(data) for at, data in zip(handler.at, handler.data, strict=True))
    assert delays_s[7] < 0.06


def test_stop_waits_for_handlers_and_takes_nothing_new(tmp_path: Path) -> None:
    """What is left is delivered by the next dispatcher."""
    broker, begun, may_end = broker_in(tmp_path, PLAIN), Event(), Event()
    handled: list[bytes] = []

    def deliver(_: str, message: ReceivedMessage) -> None:
        begun.set()
        may_end.wait(10)
        handled.append(message.data)

    broker.publish([Message("t", b"1"), Message("t", b"2")])
    dispatcher = Dispatcher(broker, deliver, max_outstanding=1)
    dispatcher.start()
    begun.wait(10)
    may_end.set()
    in_time = dispatcher.stop(grace_s=10)
    left = broker.backlog()
    with dispatching(broker, Handler()) as other:
        other.drain(10)

    assert in_time
    assert {"plain": 1} == left
    assert [b"1"] == handled


def test_stop_does_not_wait_for_ever(tmp_path: Path) -> None:
    """What a handler still has is delivered again by whoever opens the broker next, long before its deadline."""
    broker, begun, may_end = broker_in(tmp_path, SubscriptionConfig("s", "t", ack_deadline_s=600)), Event(), Event()

    def hang(_: str, __: ReceivedMessage) -> None:
        begun.set()
        may_end.wait(30)

    broker.publish([Message("t", b"x")])
    dispatcher = Dispatcher(broker, hang)
    dispatcher.start()
    begun.wait(10)
    in_time = dispatcher.stop(grace_s=0.05)
    handler = Handler()
    with dispatching(broker, handler) as other:
        other.drain(10)
    may_end.set()

    assert not in_time
    assert [(b"x", 2)] == [(message.data, message.delivery_attempt) for message in handler.got]


def test_two_dispatchers_share_the_work(tmp_path: Path) -> None:
    """Each message is handled by one of them."""
    first, second = Handler(), Handler()
    broker, other = broker_in(tmp_path, PLAIN), SqliteBroker(tmp_path / "queue.db")
    with dispatching(broker, first) as one, dispatching(other, second):
        for number in range(200):
            broker.publish([Message("t", str(number).encode())])
        one.drain(20)

    assert sorted(str(number).encode() for number in range(200)) == sorted(first.data + second.data)


def test_drain_says_what_is_left(tmp_path: Path) -> None:
    """When its time is over, and when nobody delivers."""
    broker = broker_in(tmp_path, PLAIN)
    broker.publish([Message("t", b"bad")])
    idle = Dispatcher(broker, Handler())

    with pytest.raises(RuntimeError, match=r"not running.*'plain': 1"):
        idle.drain(1)
    with dispatching(broker, Handler(b"bad")) as dispatcher, pytest.raises(TimeoutError, match="'plain': 1"):
        dispatcher.drain(0.1)


def test_a_subscription_that_gives_way_is_delivered_once_the_other_rests(tmp_path: Path) -> None:
    """While a delivery of that one is out, only what does not give way is delivered."""
    names = ("writes", "tidying", "others")
    broker = broker_in(
        tmp_path, *(SubscriptionConfig(name, name, max_backoff_s=0.1, min_backoff_s=0.02) for name in names)
    )
    running, ended, order = Event(), Event(), list[str]()

    def deliver(subscription: str, _: ReceivedMessage) -> None:
        if subscription == "writes":
            running.set()
            ended.wait(30)
        order.append(subscription)
        if subscription == "others":
            ended.set()

    dispatcher = Dispatcher(broker, deliver, yielding={"tidying": "writes"})
    dispatcher.start()
    try:
        broker.publish([Message("writes", b"-", {}, "")])
        assert running.wait(30)
        broker.publish([Message("tidying", b"-", {}, ""), Message("others", b"-", {}, "")])
        dispatcher.drain(30)
    finally:
        dispatcher.stop(grace_s=5)

    assert order == ["others", "writes", "tidying"]
