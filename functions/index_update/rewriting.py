"""Rewriting segments: some of a shard's segments are replaced by one, blocking neither readers nor writers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from functions.index_update.announcements import Announcements
from functions.index_update.lease import ShardLeases
from functions.index_update.publication import Publication, new_commit_id
from shared.cache.segment_cache import SegmentCache
from shared.coordination.lease import Lease
from shared.coordination.races import retry_lost_races
from shared.domain.collection import Collection
from shared.events.mutations import MutationsAcceptedV1
from shared.index.build import DEFAULT_OPTIONS, BaseOptions, BuiltSegment
from shared.index.compaction import CompactionPlan, CompactionPolicy, replace_segments
from shared.index.manifest import Manifest
from shared.index.merging import build_merged, merge_segments
from shared.index.snapshot import Snapshot
from shared.manifests import Head, ManifestReader, spec_of
from shared.outcomes import Outcome
from shared.ports.clock import Clock


@dataclass(frozen=True)
class PlannedRewrite:
    """Which segments of a version become one."""

    manifest: Manifest
    plan: CompactionPlan


class RewriteSegments:
    """Builds from one version, commits to whichever is current by then, under the lease of the shard."""

    def __init__(
        self,
        *,
        manifests: ManifestReader,
        leases: ShardLeases,
        publication: Publication,
        cache: SegmentCache,
        announcements: Announcements,
        clock: Clock,
        policy: CompactionPolicy,
    ) -> None:
        self._manifests = manifests
        self._leases = leases
        self._publication = publication
        self._cache = cache
        self._announcements = announcements
        self._clock = clock
        self._policy = policy

    def run(self, collection: Collection, shard: int, choose: Callable[[], PlannedRewrite | None]) -> Outcome:
        """Take the lease, then choose and carry out one rewrite.

        Raises:
            LeaseHeld: the shard is being worked on.
            RevisionConflict: other writers kept winning; redelivery tries again.
            CorruptObject: a segment cannot be read, or the built one misses its recall gate.
        """
        lease = self._leases.acquire(collection, shard)
        if lease is None:
            return Outcome.STALE
        try:
            chosen = choose()
            if chosen is None:
                return Outcome.DUPLICATE
            return Outcome.STALE if self.rewrite(collection, shard, lease, chosen) is None else Outcome.DONE
        finally:
            self._leases.release(collection, shard, lease)

    def rewrite(self, collection: Collection, shard: int, lease: Lease, planned: PlannedRewrite) -> Manifest | None:
        """The version that the rewrite made; None when the lease was taken over or the shard is gone.

        Raises as `run`.
        """
        with TemporaryDirectory(prefix="swell-base-") as directory:
            built = self.build(collection, planned, Path(directory), self._policy)
            if built is not None:
                built = self._publication.upload(collection, shard, built)
        rewritten = retry_lost_races(
            lambda: self._try_publish(collection, shard, lease, planned.plan, built),
            f"rewrite of {collection.name}/{shard}",
        )
        if rewritten is not None:
            self._announcements.committed(rewritten)
        return rewritten

    def build(
        self,
        collection: Collection,
        planned: PlannedRewrite,
        directory: Path,
        policy: CompactionPolicy,
        options: BaseOptions = DEFAULT_OPTIONS,
    ) -> BuiltSegment | None:
        """The one segment, on local disk; None when nothing is left of the others.

        Raises:
            CorruptObject: a segment cannot be read.
            RecallGateMissed: the built one does not find what it should.
        """
        snapshot = Snapshot.open(planned.manifest, self._cache.open_all(planned.manifest))
        # Deliveries older than this are refused, so older tombstones have nothing left to hold back.
        oldest_delivery = self._clock.now() - MutationsAcceptedV1.max_age
        rows = merge_segments(
            snapshot, planned.plan, keep_tombstones_since_revision=int(oldest_delivery.timestamp() * 1_000_000)
        )
        spec = spec_of(collection)
        return build_merged(rows, spec, planned.plan, directory=directory, policy=policy, options=options)

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
