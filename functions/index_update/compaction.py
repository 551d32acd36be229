"""Compaction: merge segments into a larger one, holding a lease, blocking neither readers nor writers."""

from pathlib import Path
from tempfile import TemporaryDirectory

from functions.index_update.announcements import Announcements
from functions.index_update.lease import CompactionLeases
from functions.index_update.publication import Publication, new_commit_id
from functions.index_update.races import retry_lost_races
from shared.cache.segment_cache import SegmentCache
from shared.domain.collection import Collection
from shared.domain.paths import collection_document
from shared.events.index import CompactionDueV1
from shared.events.mutations import MutationsAcceptedV1
from shared.index.build import BuiltSegment
from shared.index.compaction import CompactionPlan, CompactionPolicy, plan_compaction, replace_segments
from shared.index.manifest import Manifest
from shared.index.merging import build_merged, merge_segments
from shared.index.snapshot import Snapshot
from shared.manifests import Head, Lease, ManifestReader, spec_of
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.objects import ObjectStore
from shared.ports.state import StateStore


class CompactShard:
    """Handles `CompactionDueV1`."""

    def __init__(
        self,
        *,
        state: StateStore,
        objects: ObjectStore,
        cache: SegmentCache,
        announcements: Announcements,
        clock: Clock,
        policy: CompactionPolicy,
    ) -> None:
        self._state = state
        self._cache = cache
        self._announcements = announcements
        self._clock = clock
        self._policy = policy
        self._leases = CompactionLeases(state, clock)
        self._manifests = ManifestReader(objects)
        self._publication = Publication(state, objects)

    def __call__(self, event: CompactionDueV1) -> Outcome:
        """Compact once, if it is still due and nobody else is at it.

        Raises:
            LeaseHeld: another delivery is at it; redelivery finds it done, or takes over.
            RevisionConflict: other writers kept winning; redelivery tries again.
            CorruptObject: a segment cannot be read, or the merged one misses its recall gate.
        """
        declared = self._state.get(collection_document(event.collection))
        if declared is None or declared.data["uid"] != event.uid:
            return Outcome.STALE
        collection = Collection.from_document(declared.data)
        if self._due(collection, event.shard) is None:
            return Outcome.DUPLICATE
        lease = self._leases.acquire(collection, event.shard)
        if lease is None:
            return Outcome.STALE
        try:
            return self._compact(collection, event.shard, lease)
        finally:
            self._leases.release(collection, event.shard, lease)

    def _due(self, collection: Collection, shard: int) -> tuple[Manifest, CompactionPlan] | None:
        head = self._leases.head(collection, shard)
        if head is None:
            return None
        manifest = self._manifests.read(collection, shard, Head.from_document(head))
        plan = plan_compaction(manifest, self._policy)
        return (manifest, plan) if plan is not None else None

    def _compact(self, collection: Collection, shard: int, lease: Lease) -> Outcome:
        due = self._due(collection, shard)
        if due is None:
            return Outcome.DUPLICATE
        manifest, plan = due
        with TemporaryDirectory(prefix="swell-base-") as directory:
            built = self._build(collection, manifest, plan, Path(directory))
            if built is not None:
                built = self._publication.upload(collection, shard, built)
        compacted = retry_lost_races(
            lambda: self._try_publish(collection, shard, lease, plan, built),
            f"compaction of {collection.name}/{shard}",
        )
        if compacted is None:
            return Outcome.STALE
        self._announcements.committed(compacted)
        return Outcome.DONE

    def _build(
        self, collection: Collection, manifest: Manifest, plan: CompactionPlan, directory: Path
    ) -> BuiltSegment | None:
        snapshot = Snapshot.open(manifest, self._cache.open_all(manifest))
        # Deliveries older than this are refused, so older tombstones have nothing left to hold back.
        oldest_delivery = self._clock.now() - MutationsAcceptedV1.max_age
        rows = merge_segments(
            snapshot, plan, keep_tombstones_since_revision=int(oldest_delivery.timestamp() * 1_000_000)
        )
        return build_merged(rows, spec_of(collection), plan, directory=directory, policy=self._policy)

    def _try_publish(
        self,
        collection: Collection,
        shard: int,
        lease: Lease,
        plan: CompactionPlan,
        built: BuiltSegment | None,
    ) -> Manifest | None:
        """Rebase on what arrived meanwhile; None when the lease was taken over or the shard is gone."""
        document = self._leases.head(collection, shard)
        if document is None:
            return None
        head = Head.from_document(document)
        if head.lease.fencing_token != lease.fencing_token:
            return None
        current = self._manifests.read(collection, shard, head)
        segments = replace_segments(current, plan, built)
        return self._publication.publish(current, document, head, segments, commit_id=new_commit_id())
