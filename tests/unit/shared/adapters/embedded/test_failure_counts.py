"""Dead letters of a day, as the queue of this machine keeps them."""

from datetime import timedelta
from pathlib import Path

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.failure_counts import LocalFailureCounts
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.ports.failure_counts import Failures
from shared.ports.publisher import Message
from tests.fakes.clock import FrozenClock
from tests.fakes.publisher import RecordingPublisher

SUBSCRIPTION = {"CloudPubSubDeadLetterSourceSubscription": "index_update.mutations"}
REFUSED = {"swell-parked-by": "index_update"}


def test_dead_letters_count_by_what_gave_up_and_when(tmp_path: Path) -> None:
    """A subscription, or the function that refused; yesterday's are of yesterday, other topics' are not asked for."""
    clock = FrozenClock()
    configs = [SubscriptionConfig(name, name, dead_letter_topic=f"{name}.dead") for name in "abc"]
    broker = SqliteBroker(tmp_path / "queue.db", configs, clock=clock)
    begin = clock.now()
    broker.publish([Message("a.dead", b"1", SUBSCRIPTION)])
    clock.advance(timedelta(days=1))
    broker.publish([Message("a.dead", b"2", SUBSCRIPTION), Message("b.dead", b"3", REFUSED), Message("c.dead", b"4")])
    counts = LocalFailureCounts(broker, ["a.dead", "b.dead"])

    first = counts.between(begin, begin + timedelta(days=1))
    second = counts.between(begin + timedelta(days=1), begin + timedelta(days=2))

    assert first == Failures(None, {"index_update.mutations": 1})
    assert second == Failures(None, {"index_update.mutations": 1, "index_update": 1})
    broker.close()


def test_a_queue_elsewhere_is_not_counted() -> None:
    """As on emulators."""
    clock = FrozenClock()
    counts = LocalFailureCounts(RecordingPublisher(), ["a.dead"])
    assert counts.between(clock.now(), clock.now() + timedelta(days=1)) == Failures(None, None)


def test_breakers_count_where_processes_keep_their_openings(tmp_path: Path) -> None:
    """A day without any is none; another day's are of that day."""
    clock = FrozenClock()
    (tmp_path / f"{clock.now():%Y-%m-%d}.jsonl").write_text(f'{{"at": "{clock.now()}", "dependency": "state"}}\n')
    counts = LocalFailureCounts(RecordingPublisher(), [], tmp_path)

    first = counts.between(clock.now(), clock.now() + timedelta(days=1))
    second = counts.between(clock.now() + timedelta(days=1), clock.now() + timedelta(days=2))

    assert first == Failures({"state": 1}, None)
    assert second == Failures({}, None)
