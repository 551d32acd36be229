"""Opened versions of shards: as new as each read asks for, and of what is whole."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

from shared.cache.segment_cache import SegmentCache
from shared.domain.collection import Collection
from shared.domain.versions import VersionVector
from shared.errors import CorruptObject
from shared.index.kept_rows import KeptRows
from shared.index.manifest import Manifest, SegmentEntry
from shared.index.segment import Segment
from shared.index.snapshot import Snapshot
from shared.manifests import Head, ManifestReader
from shared.ports.objects import ObjectStore
from shared.reads.heads import Freshness, Heads, SeenCollection
from shared.telemetry import log

_OPEN_SHARDS: Final = 256
_FILTERED_ROWS_BYTES: Final = 64_000_000
"""For rows that filters allow: 25 filters over 250,000 rows."""
_QUARANTINE_S: Final = 60.0
"""A damaged segment is looked at again after this: a restored object heals without a restart."""


@dataclass(frozen=True)
class Damage:
    """A segment that cannot be read: what of the collection an answer lacks."""

    shard: int
    segment: str
    rows: int
    tombstones: int
    reason: str


@dataclass(frozen=True)
class StandIn:
    """An older version that is shown because the manifest of the current one cannot be read."""

    shard: int
    version: int
    shown_version: int
    reason: str


@dataclass(frozen=True)
class OpenShard:
    """One version of one shard. `early` while a forest is still on its way; `until_s` when damage was found."""

    snapshot: Snapshot
    damages: tuple[Damage, ...]
    completions: int
    early: bool
    until_s: float
    stand_in: StandIn | None = None

    @property
    def head_version(self) -> int:
        """The version of the head for which it was opened."""
        return self.snapshot.version if self.stand_in is None else self.stand_in.version

    @property
    def is_whole(self) -> bool:
        """Whether it is all that its head names."""
        return not self.damages and self.stand_in is None


@dataclass(frozen=True)
class OpenCollection:
    """A collection with one opened version a shard."""

    collection: Collection
    shards: tuple[OpenShard, ...]
    stale_s: float | None = None
    """How old it is, where the state store is away and it is older than the read allows otherwise."""

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The snapshot of every shard."""
        return tuple(shard.snapshot for shard in self.shards)

    @property
    def version(self) -> VersionVector:
        """The version of every shard."""
        return VersionVector({number: shard.snapshot.version for number, shard in enumerate(self.shards)})

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for two openings that answer alike."""
        return (self.collection.uid, *(id(shard.snapshot) for shard in self.shards))

    @property
    def is_early(self) -> bool:
        """Whether part of it is still on its way, so that a search may wait for the object store."""
        return any(shard.early for shard in self.shards)

    @property
    def damages(self) -> tuple[Damage, ...]:
        """What cannot be read, in all shards."""
        return tuple(damage for shard in self.shards for damage in shard.damages)

    @property
    def stand_ins(self) -> tuple[StandIn, ...]:
        """What is shown in place of versions whose manifests cannot be read."""
        return tuple(shard.stand_in for shard in self.shards if shard.stand_in is not None)

    @property
    def is_whole(self) -> bool:
        """Whether every shard is all that its head names."""
        return all(shard.is_whole for shard in self.shards)


class Snapshots:
    """Opens collections at their heads."""

    def __init__(
        self, heads: Heads, objects: ObjectStore, cache: SegmentCache, *, monotonic_s: Callable[[], float]
    ) -> None:
        self._heads = heads
        self._manifests = ManifestReader(objects)
        self._cache = cache
        self._monotonic_s = monotonic_s
        self._lock = Lock()
        self._shards: OrderedDict[tuple[str, int], OpenShard] = OrderedDict()
        self._opened_for: OrderedDict[str, SeenCollection] = OrderedDict()
        """By uid: the heads that a collection was last opened for."""
        self._opening: dict[tuple[str, int], Lock] = {}
        self._kept_rows = KeptRows(_FILTERED_ROWS_BYTES)

    def open(self, name: str, freshness: Freshness, *, whole: bool) -> OpenCollection:
        """The collection at a version that the read may see.

        A damaged segment is left out and named in `damages`; `whole` refuses that. For a damaged manifest an older
        version stands in, for reads that may be stale and ask for no later one.

        Raises:
            NotFound: there is no such collection.
            VersionNotVisible: its heads are behind what the read asks for.
            CorruptObject: a manifest is damaged, and nothing may stand in; or, with `whole`, a segment is.
            DependencyUnavailable: the state or object store does not answer, or the cache's disk is full.
        """
        seen = self._heads.look(name, freshness)
        shards = tuple(self._shard(seen.collection, number, head) for number, head in enumerate(seen.heads))
        opened = OpenCollection(seen.collection, shards, seen.stale_s)
        if whole and opened.damages:
            raise CorruptObject(opened.damages[0].reason)
        if not _may_stand_in(opened, freshness):
            raise CorruptObject(opened.stand_ins[0].reason)
        self._note_opened(seen)
        return opened

    def seen(self, name: str, freshness: Freshness) -> SeenCollection:
        """The declaration and heads that a read goes by. Raises as `open`, of which it is the first step."""
        return self._heads.look(name, freshness)

    def remembered(self, name: str, freshness: Freshness) -> SeenCollection | None:
        """What `seen` would give, if the state store need not be asked; else None."""
        return self._heads.remembered(name, freshness)

    def in_memory(self, name: str, freshness: Freshness) -> OpenCollection | None:
        """What `open` would give, if it need ask neither the state store nor the object store; else None.

        While newer heads are known and being opened, what was opened before serves those who may see it still.
        """
        newest = self._heads.remembered(name, freshness)
        if newest is None:
            return None
        before = self._opened_for.get(newest.collection.uid)
        is_new_enough = before is not None and freshness.accepts(before, self._monotonic_s())
        for seen in (newest, before) if before is not None and is_new_enough else (newest,):
            opened = self._held_of(seen)
            if opened is not None and _may_stand_in(opened, freshness):
                return opened
        return None

    def is_ageing(self, name: str, freshness: Freshness) -> bool:
        """Whether more than half of the time has passed for which a read may go by the heads that are known."""
        return freshness.max_staleness_s / 2 < self._heads.age_s(name) <= freshness.max_staleness_s

    def _held_of(self, seen: SeenCollection) -> OpenCollection | None:
        shards = []
        for number, head in enumerate(seen.heads):
            held = self._held((seen.collection.uid, number), head.version)
            if held is None:
                return None
            shards.append(held)
        return OpenCollection(seen.collection, tuple(shards), seen.stale_s)

    def _note_opened(self, seen: SeenCollection) -> None:
        uid = seen.collection.uid
        with self._lock:
            before = self._opened_for.get(uid)
            if before is None or before.at_s <= seen.at_s:
                self._opened_for[uid] = seen
            self._opened_for.move_to_end(uid)
            while len(self._opened_for) > _OPEN_SHARDS:
                self._opened_for.popitem(last=False)

    def _shard(self, collection: Collection, number: int, head: Head) -> OpenShard:
        key = (collection.uid, number)
        held = self._held(key, head.version)
        if held is not None:
            return held
        with self._lock:
            opening = self._opening.setdefault(key, Lock())
        with opening:
            return self._held(key, head.version) or self._open(key, collection, number, head)

    def _held(self, key: tuple[str, int], version: int) -> OpenShard | None:
        """An opened shard at least this new (heads only move forward), unless more of it has arrived meanwhile."""
        with self._lock:
            shard = self._shards.get(key)
            if shard is None or shard.head_version < version:
                return None
            if shard.early and shard.completions != self._cache.completions:
                return None
            if not shard.is_whole and self._monotonic_s() > shard.until_s:
                return None
            self._shards.move_to_end(key)
            return shard

    def _open(self, key: tuple[str, int], collection: Collection, number: int, head: Head) -> OpenShard:
        manifest, stand_in = self._manifest(collection, number, head)
        completions = self._cache.completions  # before opening: what completes meanwhile is noticed at the next look
        segments, damages = self._segments(manifest)
        whole = replace(manifest, segments=tuple(segment.entry for segment in segments))
        with self._lock:
            previous = self._shards.get(key)
        shard = OpenShard(
            snapshot=Snapshot.open(whole, segments, previous.snapshot if previous else None, self._kept_rows),
            damages=damages,
            completions=completions,
            early=any(not segment.is_local for segment in segments),
            until_s=self._monotonic_s() + _QUARANTINE_S,
            stand_in=stand_in,
        )
        with self._lock:
            self._shards[key] = shard
            self._shards.move_to_end(key)
            while len(self._shards) > _OPEN_SHARDS:
                evicted, _ = self._shards.popitem(last=False)
                self._opening.pop(evicted, None)
        return shard

    def _manifest(self, collection: Collection, number: int, head: Head) -> tuple[Manifest, StandIn | None]:
        try:
            return self._manifests.read(collection, number, head), None
        except CorruptObject as error:
            older = self._manifests.before(collection, number, head)
            if older is None:
                raise
            log(
                "ERROR",
                "object quarantined",
                collection=collection.name,
                shard=number,
                version=head.version,
                shown_version=older.version,
                reason=str(error),
            )
            return older, StandIn(number, head.version, older.version, str(error))

    def _segments(self, manifest: Manifest) -> tuple[list[Segment], tuple[Damage, ...]]:
        segments, damages = [], []
        for entry in manifest.segments:
            try:
                segments.append(self._cache.open(manifest, entry, early=True))
            except CorruptObject as error:
                damages.append(_damage(manifest, entry, error))
        return segments, tuple(damages)


def _may_stand_in(opened: OpenCollection, freshness: Freshness) -> bool:
    """Whether a read is content with the older versions among these, if there are any."""
    return not opened.stand_ins or (freshness.may_be_stale and opened.version.covers(freshness.least))


def _damage(manifest: Manifest, entry: SegmentEntry, error: CorruptObject) -> Damage:
    log(
        "ERROR",
        "object quarantined",
        collection=manifest.collection,
        shard=manifest.shard,
        segment=entry.id,
        reason=str(error),
    )
    return Damage(manifest.shard, entry.id, entry.rows, entry.tombstones, str(error))
