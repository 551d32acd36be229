"""Opened versions of shards, as new as each read asks for."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

from shared.domain.collection import Collection
from shared.domain.paths import collection_document, head_document
from shared.domain.versions import VersionVector
from shared.errors import NotFound, VersionNotVisible
from shared.index.snapshot import Snapshot
from shared.manifests import Head, ManifestReader
from shared.ports.objects import ObjectStore
from shared.ports.state import StateStore
from shared.segment_cache import SegmentCache

_OPEN_SNAPSHOTS: Final = 256


@dataclass(frozen=True)
class _Seen:
    """What the state store said of a collection, and when (monotonic seconds, taken before asking)."""

    collection: Collection
    heads: tuple[Head, ...]
    at_s: float

    def version(self) -> VersionVector:
        return VersionVector({shard: head.version for shard, head in enumerate(self.heads)})


@dataclass(frozen=True)
class OpenCollection:
    """A collection with one snapshot a shard."""

    collection: Collection
    snapshots: tuple[Snapshot, ...]

    @property
    def version(self) -> VersionVector:
        """The version of every shard."""
        return VersionVector({shard: snapshot.version for shard, snapshot in enumerate(self.snapshots)})


class Snapshots:
    """Opens collections at their heads; heads are believed for `staleness_s`."""

    def __init__(self, state: StateStore, objects: ObjectStore, cache: SegmentCache, staleness_s: float) -> None:
        self._state = state
        self._manifests = ManifestReader(objects)
        self._cache = cache
        self._staleness_s = staleness_s
        self._lock = Lock()
        self._seen: dict[str, _Seen] = {}
        self._snapshots: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()
        self._opening: dict[tuple[str, int], Lock] = {}

    def open(self, name: str, least: VersionVector, *, strong: bool) -> OpenCollection:
        """The collection at a version that the read may see.

        Raises:
            NotFound: there is no such collection.
            VersionNotVisible: its heads are behind `least`; trying again soon can succeed.
            CorruptObject, DependencyUnavailable: a manifest or segment cannot be had.
        """
        seen = self._heads(name, least, strong=strong)
        if not seen.version().covers(least):
            raise VersionNotVisible(f"collection {name!r} is at version {seen.version()}, asked for {least}")
        snapshots = tuple(self._snapshot(seen.collection, shard, head) for shard, head in enumerate(seen.heads))
        return OpenCollection(seen.collection, snapshots)

    def in_memory(self, name: str, least: VersionVector, *, strong: bool) -> bool:
        """Whether `open` would ask neither the state store nor the object store."""
        seen = self._recent(name, least, time.monotonic())
        if seen is None or strong:
            return False
        uid = seen.collection.uid
        return all(self._held((uid, shard), head.version) is not None for shard, head in enumerate(seen.heads))

    def _recent(self, name: str, least: VersionVector, now_s: float) -> _Seen | None:
        """What was seen of a collection, if that is recent enough and covers `least`."""
        seen = self._seen.get(name)
        if seen is None or now_s - seen.at_s > self._staleness_s or not seen.version().covers(least):
            return None
        return seen

    def _heads(self, name: str, least: VersionVector, *, strong: bool) -> _Seen:
        now_s = time.monotonic()
        recent = None if strong else self._recent(name, least, now_s)
        if recent is not None:
            return recent
        fresh = self._look(name, self._seen.get(name), now_s)
        if fresh is None:
            self._seen.pop(name, None)
            raise NotFound(f"collection {name!r} does not exist")
        with self._lock:
            held = self._seen.get(name)
            if held is None or held.at_s <= fresh.at_s:
                self._seen[name] = fresh
        return fresh

    def _look(self, name: str, seen: _Seen | None, now_s: float) -> _Seen | None:
        """The declaration and all heads in one read, or two when the number of shards is not known yet."""
        shards = seen.collection.shards if seen else 1
        paths = [collection_document(name), *(head_document(name, shard) for shard in range(shards))]
        declared, *heads = self._state.get_many(paths)
        if declared is None:
            return None
        collection = Collection.from_document(declared.data)
        if collection.shards != shards:
            heads = self._state.get_many([head_document(name, shard) for shard in range(collection.shards)])
        current = [Head.from_document(head) for head in heads if head is not None]
        if len(current) != collection.shards or any(head.uid != collection.uid for head in current):
            return None  # deleted, perhaps declared anew, between the two reads
        return _Seen(collection, tuple(current), now_s)

    def _snapshot(self, collection: Collection, shard: int, head: Head) -> Snapshot:
        key = (collection.uid, shard)
        held = self._held(key, head.version)
        if held is not None:
            return held
        with self._lock:
            opening = self._opening.setdefault(key, Lock())
        with opening:
            held = self._held(key, head.version)
            return held if held is not None else self._open(key, collection, shard, head)

    def _held(self, key: tuple[str, int], version: int) -> Snapshot | None:
        """A snapshot at least this new: heads only move forward."""
        with self._lock:
            snapshot = self._snapshots.get(key)
            if snapshot is None or snapshot.version < version:
                return None
            self._snapshots.move_to_end(key)
            return snapshot

    def _open(self, key: tuple[str, int], collection: Collection, shard: int, head: Head) -> Snapshot:
        manifest = self._manifests.read(collection, shard, head)
        with self._lock:
            previous = self._snapshots.get(key)
        snapshot = Snapshot.open(manifest, self._cache.open_all(manifest), previous)
        with self._lock:
            self._snapshots[key] = snapshot
            self._snapshots.move_to_end(key)
            while len(self._snapshots) > _OPEN_SNAPSHOTS:
                evicted, _ = self._snapshots.popitem(last=False)
                self._opening.pop(evicted, None)
        return snapshot
