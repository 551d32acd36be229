"""Whatever happens, and in whatever order: nothing is lost, and order holds."""

from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.delivery_queue import Lease, Settlement
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.ports.publisher import Message
from tests.fakes.clock import FrozenClock

CONFIG = SubscriptionConfig(
    "s",
    "t",
    ordered=True,
    ack_deadline_s=10,
    min_backoff_s=1,
    max_backoff_s=4,
    max_delivery_attempts=3,
    dead_letter_topic="t.dead",
)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sampled_from(["", "a", "b"])),
        st.tuples(st.just("lease"), st.integers(1, 3)),
        st.tuples(st.just("ack"), st.integers(0, 4)),
        st.tuples(st.just("nack"), st.integers(0, 4)),
        st.tuples(st.just("wait"), st.sampled_from([0, 1, 3, 11])),
        st.tuples(st.just("die"), st.none()),
    ),
    max_size=40,
)


class World:
    """A broker, what was published to it, and what its consumer has acknowledged."""

    def __init__(self, directory: Path) -> None:
        self.clock = FrozenClock()
        self.broker = SqliteBroker(directory / "queue.db", [CONFIG], clock=self.clock)
        self.owner = self.broker.queue.enter()
        self.published: dict[str, list[bytes]] = defaultdict(list)
        self.finished: dict[str, list[bytes]] = defaultdict(list)
        self.out: list[Lease] = []

    def publish(self, key: str) -> None:
        """One message, named by its place."""
        data = f"{key}{len(self.published[key])}".encode()
        self.published[key].append(data)
        self.broker.publish([Message("t", data, {}, key)])

    def lease(self, limit: int) -> None:
        """Take what is due. A key never has two messages out, and never one before an earlier one is finished."""
        for lease in self.broker.queue.exchange(self.owner, [], {CONFIG: limit}).leases:
            key = lease.message.ordering_key
            if key:
                gone = {*self.finished[key], *self.dead(key)}
                assert lease.message.data == next(each for each in self.published[key] if each not in gone)
            self.out.append(lease)

    def settle(self, place: int, *, acked: bool) -> None:
        """Answer for one delivery, perhaps too late."""
        if not self.out:
            return
        lease = self.out.pop(place % len(self.out))
        before = self.broker.backlog()["s"]
        self.broker.queue.exchange(self.owner, [Settlement(lease, acked=acked)], {})
        if acked and self.broker.backlog()["s"] < before:
            self.finished[lease.message.ordering_key].append(lease.message.data)

    def die(self) -> None:
        """The consumer's process ends, and another begins."""
        self.owner.leave()
        self.owner = self.broker.queue.enter()
        self.out = []

    def dead(self, key: str) -> list[bytes]:
        """What was given up, of one key."""
        letters = self.broker.dead_letters("t.dead")
        return [letter.message.data for letter in letters if letter.message.ordering_key == key]

    def finish(self) -> None:
        """A consumer that always succeeds, until nothing is left."""
        while self.broker.backlog()["s"]:
            self.clock.advance(timedelta(seconds=11))
            self.out = []
            self.lease(100)
            while self.out:
                self.settle(0, acked=True)


@given(events=EVENTS)
@settings(max_examples=60, deadline=None)
def test_every_message_is_handled_or_a_dead_letter_and_keys_stay_in_order(
    events: list[tuple[str, str | int | None]],
) -> None:
    """Exactly one of the two, once; what a key's consumer finished is in the order of publishing."""
    with TemporaryDirectory() as directory:
        world = World(Path(directory))
        for event in events:
            match event:
                case ("publish", str(key)):
                    world.publish(key)
                case ("lease", int(limit)):
                    world.lease(limit)
                case ("ack" | "nack" as answer, int(place)):
                    world.settle(place, acked=answer == "ack")
                case ("wait", int(seconds)):
                    world.clock.advance(timedelta(seconds=seconds))
                case _:
                    world.die()
        world.finish()

        for key, published in world.published.items():
            assert sorted(published) == sorted(world.finished[key] + world.dead(key))
            if key:
                assert [data for data in published if data in world.finished[key]] == world.finished[key]
        world.broker.close()
