"""Bringing a collection back as it was: as a new incarnation, so that nothing of before or after mixes with it.

Regions follow a new incarnation whatever its version; writes that were on their way to the old one are dropped, as
after a delete. Objects come first, the heads last and in one batch: a crash leaves nothing that a reader sees, and the
same restore, started again, finds the objects there.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid5

from shared.domain.collection import Collection
from shared.domain.paths import collection_document, grave_document, head_document, manifest_object, segment_file
from shared.domain.tenancy import public_name
from shared.errors import Conflict, CorruptObject, RevisionConflict
from shared.index.manifest import Manifest
from shared.ports.clock import Clock
from shared.ports.objects import ObjectStore
from shared.ports.state import ABSENT, Delete, Document, PreconditionFailed, Put, StateStore, Write
from swell.backup.checking import problems
from swell.backup.contents import CollectionPoint, ShardPoint
from swell.backup.moving import Mover

_NAMESPACE: Final = UUID("5f1b6c1e-2d3c-4f7e-9a51-8c0d8f3f2b11")
_OF_THE_MOMENT: Final = ("lease", "home")
"""What a head says of who was at work on it, and where."""


@dataclass(frozen=True)
class Restored:
    """What a restore did; `took_s` is the recovery time that was measured."""

    collection: str
    uid: str
    versions: Mapping[int, int]
    copied_bytes: int
    reused_bytes: int
    took_s: float


class RestoreCollection:
    """Into a live deployment. `source` is a backup, or the live bucket itself for a version that is kept there."""

    def __init__(
        self,
        state: StateStore,
        source: ObjectStore,
        objects: ObjectStore,
        mover: Mover,
        clock: Clock,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._source = source
        self._objects = objects
        self._mover = mover
        self._clock = clock
        self._monotonic_s = monotonic_s

    def __call__(
        self, point: CollectionPoint, point_id: str, *, name: str | None = None, replace_existing: bool = False
    ) -> Restored:
        """Bring one collection back, under its own name or another.

        Raises:
            Conflict: a collection of that name exists, and `replace_existing` was not asked for.
            CorruptObject: the backup is damaged; nothing was changed.
            RevisionConflict: the collection was declared or deleted meanwhile; started again, it can succeed.
        """
        began_s = self._monotonic_s()
        name = name or point.name
        existing = self._state.get(collection_document(name))
        if existing is not None and not replace_existing:
            raise Conflict(f"collection {public_name(name)!r} exists; restore under another name, or replace it")
        if damages := list(problems(self._source, point.files)):
            raise CorruptObject(f"the backup is damaged: {'; '.join(damages[:3])}")
        former = existing.data["uid"] if existing is not None else ""
        uid = uuid5(_NAMESPACE, f"{point_id}/{name}/{former}").hex
        manifests = {shard.shard: self._bring(shard, name, uid) for shard in point.shards}
        self._show(point, name, uid, manifests, existing)
        return Restored(
            name,
            uid,
            {shard: manifest.version for shard, manifest in manifests.items()},
            self._mover.copied_bytes,
            self._mover.reused_bytes,
            self._monotonic_s() - began_s,
        )

    def _bring(self, point: ShardPoint, name: str, uid: str) -> Manifest:
        """The objects of one shard under the names of the new incarnation; its manifest, which says so, last."""
        before = Manifest.from_bytes(self._source.read(point.manifest.name))
        for file in point.files:
            *_, segment, part = file.name.split("/")
            self._mover.bring(file, segment_file(name, uid, point.shard, segment, part))
        manifest = replace(before, collection=name, uid=uid, parent=None)
        self._objects.put(_object_of(manifest), manifest.to_bytes())
        return manifest

    def _show(
        self,
        point: CollectionPoint,
        name: str,
        uid: str,
        manifests: Mapping[int, Manifest],
        existing: Document | None,
    ) -> None:
        declared = Collection.from_document({**point.declaration, "name": name, "uid": uid})
        heads = {shard.shard: shard.head for shard in point.shards}
        writes: list[Write] = [
            Put(collection_document(name), declared.to_document(), ABSENT if existing is None else existing.version),
            *(
                Put(head_document(name, shard), _head(uid, heads.get(shard, {}), manifests.get(shard)))
                for shard in range(declared.shards)
            ),
        ]
        if existing is not None:
            writes += [
                Put(grave_document(existing.data["uid"]), self._grave(name, existing.data["uid"])),
                *(Delete(head_document(name, each)) for each in range(declared.shards, existing.data["shards"])),
            ]
        try:
            self._state.commit(writes)
        except PreconditionFailed as error:
            now = self._state.get(collection_document(name))
            if now is None or now.data["uid"] != uid:  # else it was this very batch, and its answer was lost
                raise RevisionConflict(f"collection {public_name(name)!r} changed during the restore") from error

    def _grave(self, name: str, uid: str) -> dict[str, Any]:
        return {"collection": name, "uid": uid, "deleted_at": self._clock.now().timestamp()}


def _object_of(manifest: Manifest) -> str:
    return manifest_object(manifest.collection, manifest.uid, manifest.shard, manifest.version, manifest.commit_id)


def _head(uid: str, before: Mapping[str, Any], manifest: Manifest | None) -> dict[str, Any]:
    if manifest is None:
        return {"uid": uid, "version": 0, "manifest": None}
    kept = {key: value for key, value in before.items() if key not in _OF_THE_MOMENT}
    return {
        **kept,
        "uid": uid,
        "version": manifest.version,
        "manifest": _object_of(manifest),
        "commit_id": manifest.commit_id,
    }


def restore_documents(state: StateStore, documents: Mapping[str, Mapping[str, Any]]) -> int:
    """Bring back state documents that are not there; returns how many.

    One that is there stays as it is: a key that was revoked since must not come back to life.
    """
    brought = 0
    for path, data in documents.items():
        if state.get(path) is None:
            try:
                state.commit([Put(path, data, if_version=ABSENT)])
            except PreconditionFailed:
                continue
            brought += 1
    return brought
