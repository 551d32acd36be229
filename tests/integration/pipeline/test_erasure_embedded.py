"""After the proof, an embedded Swell's data directory holds nothing of an erased record, down to SQLite's files."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from functions.index_update.sweeping.retention import Retention
from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.delivery_queue import Settlement
from shared.adapters.embedded.objects import DirectoryObjects
from shared.adapters.embedded.state import SqliteState
from shared.adapters.embedded.topology_subscriptions import subscription_configs
from shared.adapters.opening import Adapters
from shared.domain.collection import AttributeType
from shared.erasures.erasure import Erasure, Stage
from shared.erasures.store import Erasures
from shared.events.mutations import MutationsAcceptedV1
from shared.ports.publisher import Message
from shared.topology import load_topology
from swell.local.folding import fold_logs
from tests.builders.pipeline import Pipeline, read
from tests.contracts.polling import wait_until
from tests.fakes.clock import FrozenClock
from tests.fakes.publisher import RecordingPublisher

_SECRET = (0.123456, 654.321)
_TRACES = {
    "id": b"person-4711",
    "text": b"lives at 12 Hidden Lane",
    "vector": np.array(_SECRET, "<f4").tobytes(),
}
_GONE_AFTER = Retention().grace + Retention().settled + timedelta(minutes=1)
_FORGOTTEN_AFTER = MutationsAcceptedV1.max_age + Retention().grace + timedelta(minutes=1)


class QueueOnDisk(RecordingPublisher):
    """The queue of `swell up`; what a test takes is acknowledged, whoever it was for."""

    def __init__(self, broker: SqliteBroker) -> None:
        super().__init__()
        self.broker = broker
        self._owner = broker.queue.enter()

    def publish(self, messages: Sequence[Message]) -> None:
        """As the port."""
        self.broker.publish(messages)

    def take(self, topic: str) -> list[Message]:
        """Everything that is due to subscriptions of a topic."""
        wanted = {config: 1000 for config in self.broker.subscriptions() if config.topic == topic}
        leases = self.broker.queue.exchange(self._owner, [], wanted).leases
        self.broker.queue.exchange(self._owner, [Settlement(lease, acked=True) for lease in leases], {})
        received = [lease.message for lease in leases]
        return [Message(each.topic, each.data, each.attributes, each.ordering_key) for each in received]


class World:
    """An embedded Swell under a clock of the test's."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.clock = directory, FrozenClock(datetime.now(UTC))  # files have the time of the disk
        self.state = SqliteState(directory / "state.db", clock=self.clock)
        configs = subscription_configs(load_topology())
        self.broker = SqliteBroker(directory / "queue.db", configs, clock=self.clock)
        objects = DirectoryObjects(directory / "objects")
        self.queue = QueueOnDisk(self.broker)
        adapters = Adapters(self.state, objects, self.queue, self.clock)
        declared = {"address": AttributeType.STRING}
        self.pipeline = Pipeline(adapters, self.queue, directory, base_from_rows=40, attributes=declared)

    def settle(self, later: timedelta = timedelta(0)) -> None:
        """Let all events be handled, those of a sweep that much later included."""
        self.pipeline.deliver_all()
        self.clock.advance(later)
        self.pipeline.sweep()
        self.pipeline.deliver_all()
        for topic in {config.topic for config in self.broker.subscriptions()}:
            while self.queue.take(topic):
                pass

    def holding(self) -> set[tuple[str, str]]:
        """Which traces stand in which files."""
        files = [path for path in self.directory.rglob("*") if path.is_file()]
        return {
            (path.name, trace) for path in files for trace, content in _TRACES.items() if content in path.read_bytes()
        }

    def stage(self, erasure: Erasure) -> Stage:
        """How far it is."""
        return Erasures(self.state, self.clock).shards(erasure)[0].stage


def test_nothing_of_an_erased_record_is_left_on_disk(tmp_path: Path) -> None:
    """Not the id, the text nor the vector; not in objects, caches, queue, state, or their write-ahead logs."""
    world = World(tmp_path)
    pipeline = world.pipeline
    pipeline.upsert({f"r{row}": (row, 1) for row in range(60)})
    pipeline.upsert_record("person-4711", _SECRET, {"address": "lives at 12 Hidden Lane"})
    pipeline.deliver_all()
    pipeline.update("person-4711", {"address": "lives at 12 Hidden Lane, upstairs"})
    pipeline.deliver_all()
    pipeline.reads().open(read())
    before = world.holding()

    erasure = pipeline.erase("person-4711")
    world.settle(_GONE_AFTER)
    pipeline.reads().open(read())
    world.settle(_FORGOTTEN_AFTER)
    for _ in range(3):
        world.settle(_GONE_AFTER)
    pipeline.reads().open(read())

    assert {trace for _, trace in before} == set(_TRACES)
    assert Stage.PROVEN is world.stage(erasure)
    with fold_logs([world.broker, world.state], every_s=0.01):
        wait_until(lambda: not any(path.stat().st_size for path in tmp_path.glob("*.db-wal")))
    assert set() == world.holding()
    assert 60 == pipeline.live_records()
