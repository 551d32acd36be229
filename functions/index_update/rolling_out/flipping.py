"""Serving what a rollout has built, and going back to what was served before."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from functions.index_update.announcements import Announcements
from functions.index_update.lease import ShardLeases
from functions.index_update.publication import Publication, new_commit_id
from shared.coordination.races import retry_lost_races
from shared.domain.collection import Collection
from shared.domain.paths import segment_file
from shared.errors import Conflict
from shared.index.compaction import CompactionOvertaken, swapped
from shared.index.manifest import Manifest, SegmentEntry
from shared.manifests import Head, ManifestReader
from shared.ports.objects import ObjectStore
from shared.rollouts.rollout import Rollout, ShardRollout
from shared.rollouts.store import Rollouts

Change = Callable[[Manifest, Head], tuple[SegmentEntry, ...]]


class FlipShard:
    """Commits under the shard's lease; writes that came meanwhile stay, since they are in segments of their own."""

    def __init__(
        self,
        *,
        rollouts: Rollouts,
        objects: ObjectStore,
        manifests: ManifestReader,
        leases: ShardLeases,
        publication: Publication,
        announcements: Announcements,
    ) -> None:
        self._rollouts = rollouts
        self._objects = objects
        self._manifests = manifests
        self._leases = leases
        self._publication = publication
        self._announcements = announcements

    def there(self, collection: Collection, rollout: Rollout, shard: int) -> None:
        """Serve the new segments.

        Raises:
            Conflict: they are not built, or the old ones were merged or erased from meanwhile: build anew.
            LeaseHeld: the shard is being worked on.
        """
        state = self._rollouts.shard(rollout.id, shard)
        if not state.is_built:
            raise Conflict(f"shard {shard} of rollout {rollout.id!r} is not built")
        self._require(collection, shard, [each.new for each in state.staged if each.new is not None])
        version = self._commit(collection, shard, lambda manifest, _: _with_new(manifest, state))
        self._rollouts.move(rollout.id, shard, lambda now: replace(now, flipped=version))

    def back(self, collection: Collection, rollout: Rollout, shard: int) -> None:
        """Serve the old segments again, where the new ones are served.

        Raises:
            Conflict: records were erased since: what was served before still holds them.
            LeaseHeld: the shard is being worked on.
        """
        state = self._rollouts.shard(rollout.id, shard)

        def old_again(manifest: Manifest, head: Head) -> tuple[SegmentEntry, ...]:
            served = {segment.id for segment in manifest.segments}
            undone = [each for each in state.staged if each.new is not None and each.new.id in served]
            if undone and head.history_from > state.version:
                raise Conflict(f"records of shard {shard} were erased since: version {state.version} still holds them")
            for each in undone:
                assert each.new is not None  # noqa: S101 - chosen so
                self._require(collection, shard, each.old)
                manifest = replace(manifest, segments=swapped(manifest, [each.new.id], each.old))
            return manifest.segments

        version = self._commit(collection, shard, old_again)
        self._rollouts.move(rollout.id, shard, lambda now: replace(now, rolled_back=version))

    def _commit(self, collection: Collection, shard: int, change: Change) -> int:
        lease = self._leases.acquire(collection, shard)
        if lease is None:
            raise Conflict(f"shard {shard} of {collection.name!r} is not at home here")
        try:
            manifest = retry_lost_races(
                lambda: self._try_commit(collection, shard, lease.fencing_token, change),
                f"flip of {collection.name}/{shard}",
            )
        finally:
            self._leases.release(collection, shard, lease)
        self._announcements.committed(manifest)
        return manifest.version

    def _try_commit(self, collection: Collection, shard: int, token: int, change: Change) -> Manifest:
        document = self._leases.head(collection, shard)
        if document is None or Head.from_document(document).lease.fencing_token != token:
            raise Conflict(f"the lease of shard {shard} of {collection.name!r} was taken over")
        head = Head.from_document(document)
        current = self._manifests.read(collection, shard, head)
        segments = change(current, head)
        if segments == current.segments:
            return current
        return self._publication.publish(current, document, head, segments, commit_id=new_commit_id())

    def _require(self, collection: Collection, shard: int, entries: Sequence[SegmentEntry]) -> None:
        for entry in entries:
            for file in entry.files:
                name = segment_file(collection.name, collection.uid, shard, entry.id, file.name)
                if self._objects.stat(name) is None:
                    raise Conflict(f"{name} was collected: what no version names is kept for an hour")


def _with_new(manifest: Manifest, state: ShardRollout) -> tuple[SegmentEntry, ...]:
    served = {segment.id for segment in manifest.segments}
    for each in state.staged:
        if each.new.id in served if each.new is not None else served.isdisjoint(each.sources):
            continue  # our own success
        try:
            segments = swapped(manifest, each.sources, () if each.new is None else (each.new,))
        except CompactionOvertaken as error:
            raise Conflict(f"{error}: merged or erased from since they were built anew") from error
        manifest = replace(manifest, segments=segments)
    return manifest.segments
