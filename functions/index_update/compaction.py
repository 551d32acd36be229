"""Compaction: merge segments into a larger one, holding a lease, blocking neither readers nor writers."""

from functions.index_update.lease import ShardLeases
from functions.index_update.merge_choice import is_at_rest, thorough_plan
from functions.index_update.rewriting import PlannedRewrite, RewriteSegments
from functions.index_update.shard_snapshots import ShardSnapshots
from shared.domain.collection import Collection
from shared.domain.paths import collection_document
from shared.events.index import CompactionDueV1
from shared.index.compaction import CompactionPolicy, plan_compaction
from shared.manifests import Head, ManifestReader
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.state import StateStore


class CompactShard:
    """Handles `CompactionDueV1`."""

    def __init__(
        self,
        *,
        state: StateStore,
        manifests: ManifestReader,
        leases: ShardLeases,
        snapshots: ShardSnapshots,
        rewriting: RewriteSegments,
        clock: Clock,
        policy: CompactionPolicy,
    ) -> None:
        self._state = state
        self._manifests = manifests
        self._leases = leases
        self._snapshots = snapshots
        self._rewriting = rewriting
        self._clock = clock
        self._policy = policy

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
        if self._due(collection, event) is None:
            return Outcome.DUPLICATE
        return self._rewriting.run(collection, event.shard, lambda: self._due(collection, event))

    def _due(self, collection: Collection, event: CompactionDueV1) -> PlannedRewrite | None:
        document = self._leases.head(collection, event.shard)
        if document is None:
            return None
        head = Head.from_document(document)
        manifest = self._manifests.read(collection, event.shard, head)
        if not event.is_thorough:
            plan = plan_compaction(manifest, self._policy)
            return PlannedRewrite(manifest, plan) if plan is not None else None
        at_rest = is_at_rest(head, self._clock.now())
        plan = thorough_plan(manifest, self._policy, lambda: self._snapshots.open(manifest).dead_rows, at_rest=at_rest)
        if plan is None and at_rest:
            self._leases.settle(collection, event.shard, manifest.version)
        return PlannedRewrite(manifest, plan) if plan is not None else None
