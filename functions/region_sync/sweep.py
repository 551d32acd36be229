"""Removing what no reader of this region needs any more, without ever taking what a sync relies on.

A sync relies on objects that its head names, on those it has just copied, and on copies younger than `TRUST_FOR`.
A sweep looks at the bucket, then writes to the head (`sweeps` + 1), then removes the generations it saw. So a sync
that read the head before that loses its compare-and-set and begins anew; one that read it later copies anew
whatever is old and not in its head, and a copy has another generation, which the sweep leaves alone. This holds
however long either of them is frozen.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from functions.region_sync.copying import Bucket
from functions.region_sync.shard_view import ShardKey, ShardView, ShardViews
from functions.region_sync.sweep_plan import (
    Removal,
    manifests_prefix,
    oldest_served,
    plan_removal,
    plan_sweep,
    segments_prefix,
)
from shared.domain.paths import shard_prefix
from shared.index.manifest import Manifest
from shared.ports.clock import Clock
from shared.ports.objects import GenerationMismatch
from shared.ports.state import Delete, Document, PreconditionFailed, Put, StateStore
from shared.regions.heads import RegionalHead


@dataclass(frozen=True)
class Swept:
    """What one sweep removed."""

    removed: int = 0
    kept: int = 0
    """Objects that were written anew meanwhile, or that another sweep or a sync has claimed."""


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
        view = self._views.look(ShardKey(collection, head.uid, shard))
        if view is None:
            return self._abandoned(collection, shard, document, head)
        if view.home.region == self._own.region:
            return Swept()
        former, done = self._former(collection, shard, head)
        removals = (*self._unneeded(view, head), *former)
        remembered = {uid: since for uid, since in head.former.items() if uid not in done}
        claimed = replace(head, sweeps=head.sweeps + 1, abandoned_since=None, former=remembered)
        changed = head.abandoned_since is not None or done
        return self._remove(document, claimed, removals) if removals or changed else Swept()

    def _unneeded(self, view: ShardView, head: RegionalHead) -> tuple[Removal, ...]:
        now, name, objects = self._clock.now(), view.collection.name, self._own.objects
        listed = objects.list(manifests_prefix(name, head.uid, view.shard))
        manifests = [info for info in listed if info.name <= head.manifest]
        oldest = oldest_served(manifests, now)
        if oldest is None:
            return ()
        return plan_sweep(
            Manifest.from_bytes(objects.read(head.manifest)),
            Manifest.from_bytes(objects.read(oldest.name)),
            objects.list(segments_prefix(name, head.uid, view.shard)),
            manifests,
            now,
        )

    def _former(self, collection: str, shard: int, head: RegionalHead) -> tuple[list[Removal], set[str]]:
        """What is left of former incarnations, and those of which nothing is."""
        removals: list[Removal] = []
        done: set[str] = set()
        for uid, since in head.former.items():
            objects = list(self._own.objects.list(shard_prefix(collection, uid, shard) + "/"))
            removals += plan_removal(objects, since, self._clock.now())
            if not objects:
                done.add(uid)
        return removals, done

    def _abandoned(self, collection: str, shard: int, document: Document, head: RegionalHead) -> Swept:
        """Remove a shard whose collection is gone: first note it, an hour later remove it, then forget it."""
        now = self._clock.now()
        if head.abandoned_since is None:
            return self._remove(document, replace(head, abandoned_since=now), ())
        former, _ = self._former(collection, shard, head)
        objects = list(self._own.objects.list(shard_prefix(collection, head.uid, shard) + "/"))
        removals = (*plan_removal(objects, head.abandoned_since, now), *former)
        if objects or former:
            return self._remove(document, replace(head, sweeps=head.sweeps + 1), removals) if removals else Swept()
        with suppress(PreconditionFailed):
            self._state.commit([Delete(document.path, if_version=document.version)])
        return Swept()

    def _remove(self, document: Document, claimed: RegionalHead, removals: Sequence[Removal]) -> Swept:
        try:
            self._state.commit([Put(document.path, claimed.to_document(), if_version=document.version)])
        except PreconditionFailed:  # a sync has moved it; or this is our own success, and the next sweep goes on
            return Swept(kept=len(removals))
        removed = sum(self._removed(removal) for removal in removals)
        return Swept(removed, len(removals) - removed)

    def _removed(self, removal: Removal) -> bool:
        try:
            self._own.objects.delete(removal.name, if_generation=removal.generation)
        except GenerationMismatch:
            return False
        return True
