"""One seeded run: commits at home, and everything that can go wrong on the way to the other regions."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

from functions.region_sync.sweep_plan import READER_GRACE
from shared.errors import CorruptObject, TransientError
from shared.events.codec import from_message
from shared.events.index import ShardCommittedV1
from shared.events.regions import RegionHeadMovedV1
from shared.index.manifest import Manifest
from shared.ports.objects import ObjectInfo
from shared.regions.replication import Shape
from shared.topology import load_topology
from tests.builders.interference import Crashed
from tests.builders.regions import RegionalWorld

HOME = "us-central1"
ENDLESS = 20_000
ALL = tuple(load_topology().regions)
Announcement = ShardCommittedV1 | RegionHeadMovedV1
Act = Callable[[], object]


class Storm:
    """The world of one seed, and what was seen in it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        others = [region for region in ALL if region != HOME]
        followers = self.random.sample(others, self.random.randint(2, len(others)))
        self.world = RegionalWorld([HOME, *sorted(followers)], shape=self.random.choice(list(Shape)))
        self.queue: list[tuple[str, Announcement]] = []
        self.committed: list[Manifest] = []
        self.readers: list[tuple[str, str, datetime]] = []
        """Region, manifest, when it was opened."""
        self.versions: dict[str, tuple[str, int]] = {}
        self._segments = 0
        self._focus = followers[0]

    def rage(self, acts: int) -> None:
        """Do so many things, each of which may be cut short or interrupted by another."""
        for _ in range(acts):
            act = self._any_act()
            fate = self.random.random()
            if fate < 0.15:
                self._with_a_crash(act)
            elif fate < 0.5:
                self._with_others_between(act, [self._any_act() for _ in range(self.random.randint(1, 4))])
            else:
                self._survive(act)
            self._look()

    def calm(self) -> None:
        """Lines are mended, nothing dies any more; what was announced is delivered, and every region ticks twice."""
        self.world.cut.clear()
        self.deliver_everything()
        for _ in range(2):
            for region in self.world.followers():
                self.world.catch_up(region)
            self.deliver_everything()

    def deliver_everything(self) -> int:
        """Deliver until nothing is left; returns how many deliveries that took."""
        deliveries = 0
        self._collect()
        while self.queue:
            self._survive(self._deliver)
            deliveries += 1
            assert deliveries < ENDLESS, "announcements call forth each other for ever"
        return deliveries

    def everything(self) -> dict[str, list[ObjectInfo]]:
        """What is in the buckets, with generations: a copy that was made again would show."""
        return {name: list(bucket.list("")) for name, bucket in self.world.buckets.items()}

    def announce_again(self) -> int:
        """The first and the last commit of this incarnation once more, to every region."""
        for described in (self.committed[0], self.committed[-1]):
            self.queue += [(region, self.world.announcement(described)) for region in self.world.regions]
        return len(self.queue)

    def _any_act(self) -> Act:
        kinds = {
            self._commit: 6,
            self._deliver: 10,
            self._tick: 4,
            self._sweep: 6,
            self._pass_time: 5,
            self._cut: 1,
            self._mend: 1,
            self._open: 3,
            self._collect_garbage_at_home: 1,
            self._redeclare: 0.2,
        }
        return self.random.choices(list(kinds), list(kinds.values()))[0]

    def _commit(self) -> None:
        before = [entry.id for entry in self.committed[-1].segments] if self.committed else []
        if len(before) > 2 and self.random.random() < 0.5:  # a compaction: some become one
            merged = self.random.sample(before, 2)
            before = [segment for segment in before if segment not in merged]
        if self.random.random() < 0.1 and self._segments:  # the same content as some time ago
            returning = f"s{self.random.randint(1, self._segments)}"
            segments = [*before, *([returning] if returning not in before else [])]
        else:
            self._segments += 1
            segments = [*before, f"s{self._segments}"]
        described = self.world.commit(segments)
        self.committed.append(described)
        for region in self.world.regions:
            copies = self.random.choices([0, 1, 2], [2, 6, 2])[0]  # lost, delivered, delivered twice
            self.queue += [(region, self.world.announcement(described))] * copies

    def _deliver(self) -> None:
        region = self._region()
        here = [number for number, (to, _) in enumerate(self.queue) if to == region]
        numbers = here or range(len(self.queue))
        if numbers:
            self.world.deliver(*self.queue.pop(self.random.choice(numbers)))
            self._collect()

    def _collect(self) -> None:
        for message in self.world.publisher.take("region-heads"):
            event = from_message(message.data, message.attributes)
            assert isinstance(event, RegionHeadMovedV1)
            self.queue += [(region, event) for region in self.world.regions]

    def _tick(self) -> None:
        self.world.catch_up(self._region())

    def _sweep(self) -> None:
        self.world.sweep(self._region())

    def _pass_time(self) -> None:
        self.world.clock.advance(timedelta(minutes=self.random.choice([0.1, 1, 9, 31, 61, 90])))

    def _cut(self) -> None:
        self.world.cut.add(frozenset(self.random.sample(list(self.world.regions), 2)))

    def _mend(self) -> None:
        self.world.cut.clear()

    def _open(self) -> None:
        region = self._region()
        head = self.world.head(region)
        if head is not None and head.uid == self.world.uid:
            self.readers.append((region, head.manifest, self.world.clock.now()))

    def _collect_garbage_at_home(self) -> None:
        """Home removes what its head does not name, at once: harsher than it may."""
        if self.committed:
            live = {entry.id for entry in self.committed[-1].segments}
            bucket = self.world.buckets[f"bucket-{HOME}"]
            for info in list(bucket.list("")):
                if "/segments/" in info.name and info.name.split("/")[5] not in live:
                    bucket.delete(info.name)

    def _redeclare(self) -> None:
        self.world.declare()
        self.committed.clear()
        self.readers.clear()

    def _region(self) -> str:
        """Mostly the same one for a while, so that what happens there meets."""
        if self.random.random() < 0.2:
            self._focus = self.random.choice(self.world.followers())
        return self._focus

    def _survive(self, act: Act) -> None:
        with suppress(TransientError, CorruptObject, Crashed):  # the broker delivers again, or a tick finds it
            act()

    def _with_a_crash(self, act: Act) -> None:
        left = self.random.randint(1, 30)

        def crash(_: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Crashed

        with self.world.interfered(crash):
            self._survive(act)

    def _with_others_between(self, act: Act, others: list[Act]) -> None:
        left = self.random.randint(1, 30)

        def interrupt(_: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                for other in others:
                    self._survive(other)

        with self.world.interfered(interrupt):
            self._survive(act)

    def _look(self) -> None:
        """What must hold at every moment."""
        for region in self.world.followers():
            head = self.world.head(region)
            if head is None:
                continue
            uid, version = self.versions.get(region, (head.uid, 0))
            assert head.uid != uid or head.version >= version, f"{region} went back from {version} to {head.version}"
            if (uid, version) != (head.uid, head.version):
                assert not self.world.damages(region, head.manifest), f"{region} serves what it does not have"
                self.versions[region] = (head.uid, head.version)
        self._look_at_readers()

    def _look_at_readers(self) -> None:
        oldest = self.world.clock.now() - READER_GRACE
        self.readers = [reader for reader in self.readers if reader[2] > oldest][-6:]
        for region, manifest, opened_at in self.readers:
            assert not self.world.damages(region, manifest), f"{region} removed what was opened at {opened_at}"
