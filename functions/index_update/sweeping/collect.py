"""Garbage collection of one shard: what no kept version names, and what no delivery can need any more."""

from collections.abc import Collection as Container
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from functions.index_update.lease import ShardLeases
from functions.index_update.sweeping.budget import Budget
from functions.index_update.sweeping.garbage import KeptVersions, is_garbage_segment, is_past_events, segment_of
from functions.index_update.sweeping.remover import Remover
from functions.index_update.sweeping.retention import Retention
from shared.coordination.lease import Lease
from shared.domain.collection import Collection
from shared.domain.paths import shard_prefix
from shared.manifests import ManifestReader
from shared.ports.clock import Clock
from shared.ports.objects import ObjectInfo, ObjectStore


@dataclass(frozen=True)
class Collected:
    """What became of a run over one shard."""

    version: int
    deleted: int
    is_complete: bool
    """Whether all garbage was removed; else the next run goes on."""
    is_at_rest: bool
    """Whether nothing can become garbage before the next commit."""


class CollectGarbage:
    """Removes garbage, manifests before the segments they name: every manifest that is left can be read whole."""

    def __init__(
        self,
        *,
        objects: ObjectStore,
        leases: ShardLeases,
        manifests: ManifestReader,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._objects = objects
        self._leases = leases
        self._manifests = manifests
        self._clock = clock
        self._retention = retention

    def __call__(self, collection: Collection, shard: int, budget: Budget) -> Collected | None:
        """Collect as far as the budget goes; None where the shard is gone.

        Raises:
            LeaseHeld: the shard is being worked on; a later run collects.
            CorruptObject: a manifest that is kept cannot be read; nothing was removed for its sake.
        """
        lease = self._leases.acquire(collection, shard)
        if lease is None:
            return None
        try:
            return self._collect(collection, shard, lease, budget)
        finally:
            self._leases.release(collection, shard, lease)

    def _collect(self, collection: Collection, shard: int, lease: Lease, budget: Budget) -> Collected | None:
        head = self._leases.head_under(collection, shard, lease)
        if head is None:
            return None
        remover = Remover(
            objects=self._objects,
            leases=self._leases,
            manifests=self._manifests,
            collection=collection,
            shard=shard,
            lease=lease,
            budget=budget,
        )
        prefix, now = shard_prefix(collection.name, collection.uid, shard), self._clock.now()
        versions = KeptVersions.of(self._objects.list(f"{prefix}/manifests/"), head, now, self._retention)
        live = self._named_by(versions.marking)
        current = {entry.id for entry in self._manifests.read(collection, shard, head).segments}
        for info in versions.garbage:
            remover.remove(info)
        waiting = [
            self._collect_segments(prefix, live, current, remover, now),
            self._collect_past_events(f"{prefix}/updates/", remover, now),
            self._collect_past_events(f"{prefix}/payloads/", remover, now),
        ]
        is_complete = not remover.stopped
        is_at_rest = is_complete and versions.only_head and not any(waiting)
        return Collected(head.version, remover.deleted, is_complete, is_at_rest)

    def _named_by(self, marking: Iterable[ObjectInfo]) -> frozenset[str]:
        manifests = [self._manifests.read_object(info.name) for info in marking]
        return frozenset(entry.id for manifest in manifests for entry in manifest.segments)

    def _collect_segments(
        self, prefix: str, live: Container[str], current: Container[str], remover: Remover, now: datetime
    ) -> bool:
        """Whether one that the head does not name is left."""
        left = False
        for info in self._objects.list(f"{prefix}/segments/"):
            if remover.stopped:
                return True
            if is_garbage_segment(info, live, now, self._retention):
                remover.remove_segment_file(info)
            else:
                left |= segment_of(info.name) not in current
        return left

    def _collect_past_events(self, prefix: str, remover: Remover, now: datetime) -> bool:
        """Whether one is left."""
        left = False
        for info in self._objects.list(prefix):
            if remover.stopped:
                return True
            if is_past_events(info, now, self._retention):
                remover.remove(info)
            else:
                left = True
        return left
