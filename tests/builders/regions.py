"""Several regions over one state store, each with a bucket of its own; the test is the broker, the clock and fate."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from functions.region_sync.catch_up import CatchUp, CaughtUp
from functions.region_sync.copying import Bucket, Copier
from functions.region_sync.follow import FollowAnnouncements
from functions.region_sync.shard_view import ShardKey, ShardViews
from functions.region_sync.sweep import SweepShard, Swept
from functions.region_sync.sync_plan import wanted_files
from functions.region_sync.sync_shard import SyncReport, SyncShard
from shared.domain.paths import collection_document, head_document
from shared.errors import DependencyUnavailable
from shared.events.index import ShardCommittedV1
from shared.events.regions import RegionHeadMovedV1
from shared.index.manifest import Manifest
from shared.manifests import Head, manifest_name
from shared.outcomes import Outcome
from shared.ports.state import Put
from shared.regions.heads import RegionalHead
from shared.regions.homes import home_of
from shared.regions.paths import regional_head_document, replication_document
from shared.regions.policy import ReplicationPolicy
from shared.regions.replication import Shape, hubs_of
from shared.topology import load_topology
from tests.builders.interference import Interfere, InterferedObjects, InterferedPublisher, InterferedState
from tests.builders.manifests import collection, content_of, manifest, store
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState


def _nothing(_: str) -> None:
    """Nothing interferes."""


@dataclass
class RegionalWorld:
    """Collection `c` with home us-central1, and the services of region sync in every region."""

    regions: Sequence[str]
    shape: Shape = Shape.HYBRID
    shards: int = 1
    clock: FrozenClock = field(default_factory=FrozenClock)
    interfere: Interfere = _nothing
    cut: set[frozenset[str]] = field(default_factory=set)
    """Pairs of regions of which neither can read the other's bucket."""

    def __post_init__(self) -> None:
        """Declare the collection, with empty heads."""
        self.topology = load_topology().limited_to(self.regions)
        self.state = InMemoryState(clock=self.clock)
        self.buckets: dict[str, InMemoryObjects] = {}
        for region in self.regions:
            self.buckets[f"bucket-{region}"] = InMemoryObjects(clock=self.clock, buckets=self.buckets)
        self.publisher = RecordingPublisher()
        self.copied: list[str] = []
        self.state.commit([Put(replication_document("c"), ReplicationPolicy(self.shape).to_document())])
        self.incarnation = 0
        self.declare()

    def declare(self) -> None:
        """Declare the collection, anew if it was there."""
        self.incarnation += 1
        declared = collection(self.uid, self.shards)
        heads = [Put(head_document("c", shard), Head(self.uid, 0, None).to_document()) for shard in range(self.shards)]
        self.state.commit([Put(collection_document("c"), declared.to_document()), *heads])

    @property
    def uid(self) -> str:
        """The incarnation of the collection."""
        return f"uid-{self.incarnation}"

    def bucket(self, region: str, *, seen_from: str | None = None) -> Bucket:
        """A region's bucket."""
        reach = self._reach(seen_from or region)
        reach(f"bucket-{region}")
        inner = self.buckets[f"bucket-{region}"]
        return Bucket(region, f"bucket-{region}", InterferedObjects(inner, self._on_call, reach))

    def sync(self, region: str) -> SyncShard:
        """A fresh instance of the sync of one region."""
        own = self.bucket(region)
        return SyncShard(
            own=own,
            buckets=lambda other: self.bucket(other, seen_from=region),
            state=InterferedState(self.state, self._on_call),
            views=self._views(region),
            copier=Copier(own, workers=1),
            clock=self.clock,
        )

    def sync_shard(self, region: str, *, shard: int = 0, patient: bool = False) -> SyncReport:
        """Sync one shard."""
        return self.sync(region)(ShardKey("c", self.uid, shard), patient=patient)

    def follow(self, region: str) -> FollowAnnouncements:
        """A fresh instance of the handlers of one region."""
        return FollowAnnouncements(
            region=region,
            hub=hubs_of(self.topology).get(region),
            sync=self.sync(region),
            publisher=InterferedPublisher(self.publisher, self._on_call),
            clock=self.clock,
        )

    def deliver(self, region: str, event: ShardCommittedV1 | RegionHeadMovedV1) -> Outcome:
        """Hand one announcement to one region."""
        handlers = self.follow(region)
        return handlers.commit(event) if isinstance(event, ShardCommittedV1) else handlers.head_moved(event)

    def catch_up(self, region: str) -> CaughtUp:
        """One tick of one region."""
        state = InterferedState(self.state, self._on_call)
        return CatchUp(
            region=region,
            home_region=self.topology.home_region,
            state=state,
            sync=self.sync(region),
            now_s=lambda: self.clock.now().timestamp(),
        )()

    def sweep(self, region: str, shard: int = 0) -> Swept:
        """One sweep of one shard in one region."""
        document = self.state.get(regional_head_document(region, "c", shard))
        if document is None:
            return Swept()
        state = InterferedState(self.state, self._on_call)
        sweeper = SweepShard(own=self.bucket(region), state=state, views=self._views(region), clock=self.clock)
        return sweeper("c", shard, document)

    def commit(self, segments: Sequence[str], shard: int = 0) -> Manifest:
        """A commit at home: its objects, then its head."""
        document = self.state.get(head_document("c", shard))
        assert document is not None
        head = Head.from_document(document)
        home = home_of(document.data, self.topology.home_region)
        described = manifest(head.version + 1, segments, uid=self.uid, shard=shard)
        name = store(self.buckets[f"bucket-{home.region}"], described)
        moved = Head(self.uid, described.version, name, described.commit_id).to_document()
        kept = {"home": document.data["home"]} if "home" in document.data else {}
        self.state.commit([Put(document.path, {**moved, **kept}, if_version=document.version)])
        return described

    def announcement(self, described: Manifest) -> ShardCommittedV1:
        """What home publishes about a commit."""
        return ShardCommittedV1(
            event_id=f"{described.uid}-{described.version}",
            occurred_at=self.clock.now(),
            collection="c",
            uid=described.uid,
            shard=described.shard,
            version=described.version,
            manifest=manifest_name(described),
        )

    def head(self, region: str, shard: int = 0) -> RegionalHead | None:
        """What a region serves."""
        document = self.state.get(regional_head_document(region, "c", shard))
        return RegionalHead.from_document(document) if document is not None else None

    def home_manifest(self, shard: int = 0) -> str | None:
        """What home serves."""
        document = self.state.get(head_document("c", shard))
        assert document is not None
        return Head.from_document(document).manifest

    def followers(self) -> list[str]:
        """Every region but home."""
        return [region for region in self.regions if region != self.topology.home_region]

    def damages(self, region: str, manifest_object: str) -> list[str]:
        """What a reader of a version would miss, or find damaged, in a region's bucket."""
        objects = self.buckets[f"bucket-{region}"]
        if objects.stat(manifest_object) is None:
            return [manifest_object]
        described = Manifest.from_bytes(objects.read(manifest_object))
        return [
            file.name
            for file in wanted_files(described)
            if objects.stat(file.name) is None or objects.read(file.name) != _expected(file.name)
        ]

    @contextmanager
    def interfered(self, interfere: Interfere) -> Iterator[None]:
        """Let something happen at every call of a port until the block ends."""
        before, self.interfere = self.interfere, interfere
        try:
            yield
        finally:
            self.interfere = before

    def _on_call(self, moment: str) -> None:
        self.interfere(moment)

    def _reach(self, region: str) -> Callable[[str], None]:
        def reach(bucket: str) -> None:
            if frozenset({region, bucket.removeprefix("bucket-")}) in self.cut:
                raise DependencyUnavailable(f"{bucket} cannot be reached from {region}")

        return reach

    def _views(self, region: str) -> ShardViews:
        return ShardViews(InterferedState(self.state, self._on_call), self.topology, region)


def _expected(name: str) -> bytes:
    *_, segment, file = name.split("/")
    return content_of(segment, file)
