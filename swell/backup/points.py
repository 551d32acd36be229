"""Consistent points of collections in a live deployment: one manifest a shard, of now or of a kept moment."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from functions.region_sync.sync_plan import wanted_files
from shared.domain.collection import Collection
from shared.domain.paths import collection_document, head_document, shard_prefix
from shared.domain.tenancy import public_name
from shared.errors import CorruptObject, NotFound, RevisionConflict
from shared.index.manifest import Manifest
from shared.ports.objects import ObjectInfo, ObjectNotFound, ObjectStore
from shared.ports.state import Document, StateStore
from swell.backup.contents import CollectionPoint, ShardPoint, StoredFile

_ATTEMPTS: Final = 5
"""A manifest that is gone when it is read has been superseded for hours: the next look finds another head."""


@dataclass(frozen=True)
class Limit:
    """How new a version may be at most; None: as new as there is."""

    at: datetime | None = None
    version: int | None = None

    def allows(self, info: ObjectInfo) -> bool:
        """Whether a manifest is as old as that."""
        return (self.at is None or info.created_at <= self.at) and (
            self.version is None or _version(info) <= self.version
        )


def current_point(state: StateStore, objects: ObjectStore, declared: Document) -> CollectionPoint:
    """What a collection is now.

    Raises:
        RevisionConflict: it was deleted, or its heads kept moving away.
        CorruptObject: its manifest is damaged.
    """
    collection = Collection.from_document(declared.data)
    shards = []
    for shard in range(collection.shards):
        point = _current_shard(state, objects, collection, shard)
        shards += [point] if point is not None else []
    return CollectionPoint(declared.data, tuple(shards))


def kept_point(state: StateStore, objects: ObjectStore, name: str, limit: Limit) -> CollectionPoint:
    """What a collection was: in each shard the newest kept manifest that is not newer than asked for.

    Raises:
        NotFound: there is no such collection, a shard has no manifest so old, or nothing was in it yet: going back to
            that would be losing all of it.
    """
    declared = state.get(collection_document(name))
    if declared is None:
        raise NotFound(f"collection {public_name(name)!r} does not exist")
    collection = Collection.from_document(declared.data)
    shards, holds_records = [], False
    for shard in range(collection.shards):
        head = state.get(head_document(name, shard))
        if head is None or head.data["uid"] != collection.uid:
            raise NotFound(f"collection {public_name(name)!r} was deleted meanwhile")
        point = _kept_shard(objects, collection, shard, head, limit)
        shards += [point] if point is not None else []
        holds_records = holds_records or head.data["manifest"] is not None
    if holds_records and not shards:
        way_out = "to empty it, delete it and declare it again"
        raise NotFound(f"collection {public_name(name)!r} had no version yet at that time; {way_out}")
    return CollectionPoint(declared.data, tuple(shards))


def _kept_shard(
    objects: ObjectStore, collection: Collection, shard: int, head: Document, limit: Limit
) -> ShardPoint | None:
    """None when the shard was still empty then.

    Manifests of commits that lost their race stand beside those that won: the winner is the one that a later manifest
    names as its parent, or the head.
    """
    prefix = f"{shard_prefix(collection.name, collection.uid, shard)}/manifests/"
    stored = [info for info in objects.list(prefix) if _version(info) <= head.data["version"]]
    asked = [info for info in stored if limit.allows(info)]
    for number in sorted({_version(info) for info in asked}, reverse=True):
        names = [info.name for info in asked if _version(info) == number]
        if len(names) > 1:
            later = [Manifest.from_bytes(objects.read(each.name)) for each in stored if _version(each) == number + 1]
            names = [name for name in names if name in {head.data["manifest"], *(each.parent for each in later)}]
        if names:
            content = objects.read(names[0])
            manifest = Manifest.from_bytes(content)
            point = {"version": number, "commit_id": manifest.commit_id, "manifest": names[0]}
            return _point(shard, {**head.data, **point}, names[0], content)
    if not stored or _version(stored[0]) == 1:
        return None
    oldest = f"version {_version(stored[0])} of {stored[0].created_at:%Y-%m-%dT%H:%M:%SZ} is the oldest"
    raise NotFound(f"collection {public_name(collection.name)!r} keeps nothing so old in shard {shard}: {oldest}")


def _version(info: ObjectInfo) -> int:
    return int(info.name.rpartition("/")[2].partition("-")[0])


def _current_shard(state: StateStore, objects: ObjectStore, collection: Collection, shard: int) -> ShardPoint | None:
    for _ in range(_ATTEMPTS):
        head = state.get(head_document(collection.name, shard))
        if head is None or head.data["uid"] != collection.uid:
            raise RevisionConflict(f"collection {collection.name} was deleted meanwhile")
        name = head.data["manifest"]
        if name is None:
            return None
        try:
            return _point(shard, head.data, name, objects.read(name))
        except ObjectNotFound:
            continue
    raise CorruptObject(f"manifest {name} is missing")


def files_of(manifest: Manifest) -> tuple[StoredFile, ...]:
    """Every object that a manifest names, oldest segment first."""
    return tuple(StoredFile(file.name, file.size_bytes, file.sha256) for file in wanted_files(manifest))


def _point(shard: int, head: Mapping[str, Any], name: str, content: bytes) -> ShardPoint:
    stored = StoredFile(name, len(content), hashlib.sha256(content).hexdigest())
    return ShardPoint(shard, head, stored, files_of(Manifest.from_bytes(content)))
