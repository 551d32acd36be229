"""Making a version of a shard that holds no erased record: its segments are rewritten one by one, under the lease."""

from dataclasses import replace
from typing import Any

from functions.index_update.erasing.holders import holders_of_content, old_tombstones, rewrites_of
from functions.index_update.lease import ShardLeases
from functions.index_update.rewriting import PlannedRewrite, RewriteSegments
from functions.index_update.shard_snapshots import ShardSnapshots
from shared.coordination.lease import Lease
from shared.domain.collection import Collection
from shared.domain.paths import commit_marker
from shared.erasures.erasure import Erasure, ShardErasure, Stage
from shared.erasures.store import Erasures
from shared.errors import RevisionConflict, TransientError
from shared.index.manifest import Manifest
from shared.manifests import Head, ManifestReader
from shared.ports.clock import Clock
from shared.ports.state import StateStore


class DeletePending(TransientError):  # noqa: N818 - a wait, not a failure
    """The delete of an erasure is accepted and not committed."""

    code = "delete_pending"


class ClearShard:
    """Takes a shard from REWRITING to AGEING, and from ERASED to FORGETTING.

    The lease keeps every merge away that was planned before the delete: one that is under way has it, one that slept
    past it is fenced off. Commits go on; writes older than the delete leave no trace beside its tombstones
    (`Head.guarded_to`), so what is to be rewritten is known from one look and only becomes less.
    """

    def __init__(
        self,
        *,
        state: StateStore,
        erasures: Erasures,
        leases: ShardLeases,
        manifests: ManifestReader,
        snapshots: ShardSnapshots,
        rewriting: RewriteSegments,
        clock: Clock,
    ) -> None:
        self._state = state
        self._erasures = erasures
        self._leases = leases
        self._manifests = manifests
        self._snapshots = snapshots
        self._rewriting = rewriting
        self._clock = clock

    def __call__(self, erasure: Erasure, collection: Collection, shard: int, at: ShardErasure) -> ShardErasure:
        """How far the shard is afterwards: cleared, or as far as the lease lasted.

        Raises:
            DeletePending: the delete is not committed.
            LeaseHeld: the shard is being worked on.
            RevisionConflict: other writers kept winning, or the lease ran out; the next attempt goes on.
            CorruptObject: a segment cannot be read.
        """
        if at.stage is Stage.REWRITING and at.left is None:
            marker = commit_marker(collection.name, erasure.event_ids[shard])
            if self._state.get(marker) is None:
                raise DeletePending(f"the delete of erasure {erasure.id} in shard {shard} is not committed")
        lease = self._leases.acquire(collection, shard)
        if lease is None:
            return at  # the shard is gone, which the next step sees, or its home has moved, where the sweep goes on
        try:
            return self._clear(erasure, collection, shard, at, lease)
        finally:
            self._leases.release(collection, shard, lease)

    def _clear(
        self, erasure: Erasure, collection: Collection, shard: int, at: ShardErasure, lease: Lease
    ) -> ShardErasure:
        manifest = self._current(collection, shard, lease)
        if at.left is None:
            left = self._holders(manifest, erasure, at)
            at = self._erasures.move(erasure, shard, lambda now: _at(now, at, left=left))
        for plan in rewrites_of(manifest, at.left or ()):
            current = self._current(collection, shard, lease)
            if self._rewriting.rewrite(collection, shard, lease, PlannedRewrite(current, plan)) is None:
                raise RevisionConflict(f"erasure {erasure.id}/{shard}: the lease was taken over")
        if at.stage is Stage.ERASED and self._tombstones_left(self._current(collection, shard, lease), erasure):
            # One id may have two; the newer of them stays as long as a segment names the id.
            self._erasures.move(erasure, shard, lambda now: _at(now, at, left=None))
            raise RevisionConflict(f"erasure {erasure.id}/{shard}: tombstones are left for another round")
        self._leases.forget_history(collection, shard, lease)
        version = self._current(collection, shard, lease).version
        stage = Stage.AGEING if at.stage is Stage.REWRITING else Stage.FORGETTING
        cleared_at = self._clock.now().timestamp()
        return self._erasures.move(
            erasure,
            shard,
            lambda now: _at(now, at, stage=stage, version=version, cleared_at=cleared_at, left=None),
        )

    def _holders(self, manifest: Manifest, erasure: Erasure, at: ShardErasure) -> tuple[str, ...]:
        snapshot = self._snapshots.open(manifest)
        if at.stage is Stage.REWRITING:
            return holders_of_content(snapshot, erasure.revision)
        return tuple(old_tombstones(snapshot, erasure.revision))

    def _tombstones_left(self, manifest: Manifest, erasure: Erasure) -> bool:
        return bool(old_tombstones(self._snapshots.open(manifest), erasure.revision))

    def _current(self, collection: Collection, shard: int, lease: Lease) -> Manifest:
        head: Head | None = self._leases.head_under(collection, shard, lease)
        if head is None:
            raise RevisionConflict(f"the lease of {collection.name}/{shard} ran out, or the shard is gone")
        return self._manifests.read(collection, shard, head)


def _at(now: ShardErasure, before: ShardErasure, **changes: Any) -> ShardErasure | None:
    """A change of what was read; None where another delivery came first."""
    return replace(now, **changes) if now.stage is before.stage else None
