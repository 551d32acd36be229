"""Removing what no reader of this region needs any more, without ever taking what a sync relies on.

A sweep looks at the bucket, then writes to the head, then removes the generations it saw. So a sync that read the head
before that loses its compare-and-set and begins anew; one that read it later copies anew whatever is old and not named
by the head, and a copy has another generation, which the sweep leaves alone. No clock but the bucket's own and the
sweep's is compared, and half an hour between them does no harm; it does not matter how long anyone was frozen.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from functions.region_sync.copying import Bucket
from functions.region_sync.shard_view import ShardKey, ShardViews
from functions.region_sync.sweep_plan import (
    Removal,
    events_prefixes,
    is_over,
    manifests_prefix,
    plan_past_events,
    plan_removal,
    plan_sweep,
    segments_prefix,
)
from shared.domain.paths import shard_prefix
from shared.index.manifest import Manifest
from shared.ports.clock import Clock
from shared.ports.objects import GenerationMismatch, ObjectInfo
from shared.ports.state import Delete, Document, PreconditionFailed, Put, StateStore
from shared.regions.heads import Former, Mark, RegionalHead


@dataclass(frozen=True)
class Swept:
    """What one sweep removed."""

    removed: int = 0
    kept: int = 0
    """Objects that were written anew meanwhile, or all, when a sync or another sweep came first."""


class SweepShard:
    """Sweeps shards of one region; not those whose home it is: there, index update knows what is needed."""

    def __init__(self, *, own: Bucket, state: StateStore, views: ShardViews, clock: Clock) -> None:
        self._own = own
        self._state = state
        self._views = views
        self._clock = clock

    def __call__(self, collection: str, shard: int, document: Document) -> Swept:
        """Sweep the shard whose regional head was just read.

        Raises:
            CorruptObject: a manifest cannot be read, so what it names is not known; nothing was removed.
        """
        head = RegionalHead.from_document(document)
        view = self._views.look(ShardKey(collection, head.uid, shard), everywhere=False)
        if view is None:
            return self._sweep_abandoned(collection, shard, document, head)
        if view.home.region == self._own.region:
            return Swept()
        removals, former = self._sweep_former(collection, shard, head)
        mark = head.mark
        if mark is None or is_over(mark.at, self._clock.now()):
            removals += self._unneeded(collection, shard, head)
            for prefix in events_prefixes(collection, head.uid, shard):
                removals += plan_past_events(self._own.objects.list(prefix), self._clock.now())
            mark = Mark(head.manifest, self._clock.now())
        after = replace(head, abandoned_since=None, former=former, mark=mark)
        return self._remove(document, after, removals) if removals or after != head else Swept()

    def _unneeded(self, collection: str, shard: int, head: RegionalHead) -> list[Removal]:
        if head.mark is None:
            return []
        objects = self._own.objects
        return list(
            plan_sweep(
                Manifest.from_bytes(objects.read(head.manifest)),
                Manifest.from_bytes(objects.read(head.mark.manifest)),
                head.mark.at,
                objects.list(segments_prefix(collection, head.uid, shard)),
                objects.list(manifests_prefix(collection, head.uid, shard)),
            )
        )

    def _sweep_former(self, collection: str, shard: int, head: RegionalHead) -> tuple[list[Removal], Former]:
        """What to remove of former incarnations, and which of them to go on remembering: those that left something."""
        removals: list[Removal] = []
        remembered: Former = {}
        for uid, since in head.former.items():
            objects = self._objects_of(collection, uid, shard)
            if objects:
                remembered[uid] = since or self._clock.now()
            if since is not None and is_over(since, self._clock.now()):
                removals += plan_removal(objects)
        return removals, remembered

    def _sweep_abandoned(self, collection: str, shard: int, document: Document, head: RegionalHead) -> Swept:
        """Remove a shard whose collection is gone: first note it, an hour later remove it, then forget it."""
        since = head.abandoned_since
        if since is None:
            return self._remove(document, replace(head, abandoned_since=self._clock.now()), [])
        removals, former = self._sweep_former(collection, shard, head)
        objects = self._objects_of(collection, head.uid, shard)
        if is_over(since, self._clock.now()):
            removals += plan_removal(objects)
        if objects or former:
            after = replace(head, former=former)
            return self._remove(document, after, removals) if removals or after != head else Swept()
        with suppress(PreconditionFailed):
            self._state.commit([Delete(document.path, if_version=document.version)])
        return Swept()

    def _objects_of(self, collection: str, uid: str, shard: int) -> list[ObjectInfo]:
        return list(self._own.objects.list(shard_prefix(collection, uid, shard) + "/"))

    def _remove(self, document: Document, after: RegionalHead, removals: Sequence[Removal]) -> Swept:
        try:
            self._state.commit([Put(document.path, after.to_document(), if_version=document.version)])
        except PreconditionFailed:  # a sync has moved it; or this is our own success, and the next sweep goes on
            return Swept(kept=len(removals))
        removed = sum(self._is_removed(removal) for removal in removals)
        return Swept(removed, len(removals) - removed)

    def _is_removed(self, removal: Removal) -> bool:
        try:
            self._own.objects.delete(removal.name, if_generation=removal.generation)
        except GenerationMismatch:
            return False
        return True
