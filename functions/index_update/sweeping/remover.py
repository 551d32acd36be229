"""Deleting objects of a shard, one at a time, looking again before each."""

from contextlib import suppress

from functions.index_update.lease import ShardLeases
from functions.index_update.sweeping.budget import Budget
from functions.index_update.sweeping.garbage import segment_of
from shared.coordination.lease import Lease
from shared.domain.collection import Collection
from shared.manifests import ManifestReader
from shared.ports.objects import GenerationMismatch, ObjectInfo, ObjectStore


class Remover:
    """Deletes for whoever holds the lease of a shard.

    What is deleted was found to be garbage, and garbage stays garbage: names are never used again, and taking the
    lease has undone every commit that was under way. The head is read before each delete all the same, so that a
    holder that slept past its lease, or a mistake in what was found, deletes nothing that is in use.
    """

    def __init__(
        self,
        *,
        objects: ObjectStore,
        leases: ShardLeases,
        manifests: ManifestReader,
        collection: Collection,
        shard: int,
        lease: Lease,
        budget: Budget,
    ) -> None:
        self._objects = objects
        self._leases = leases
        self._manifests = manifests
        self._collection = collection
        self._shard = shard
        self._lease = lease
        self._budget = budget
        self.stopped = False
        """Whether the budget is used up, or the lease is lost."""
        self.deleted = 0

    def remove_segment_file(self, info: ObjectInfo) -> None:
        """Delete a file of a segment, unless the head's version names its segment or `stopped` is or becomes true."""
        self._remove(info, is_segment=True)

    def remove(self, info: ObjectInfo) -> None:
        """Delete another object, unless the head names it or `stopped` is or becomes true."""
        self._remove(info, is_segment=False)

    def _remove(self, info: ObjectInfo, *, is_segment: bool) -> None:
        if self.stopped or not self._budget.take_deletion():
            self.stopped = True
            return
        head = self._leases.head_under(self._collection, self._shard, self._lease)
        if head is None:
            self.stopped = True
            return
        if info.name == head.manifest:
            return
        if is_segment:
            manifest = self._manifests.read(self._collection, self._shard, head)
            if segment_of(info.name) in {entry.id for entry in manifest.segments}:
                return
        with suppress(GenerationMismatch):  # it is another object by now, which nobody found to be garbage
            self._objects.delete(info.name, if_generation=info.generation)
            self.deleted += 1
