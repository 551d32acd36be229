"""Opened versions of shards, for commits and sweeps that must look at what is committed."""

from collections import OrderedDict
from threading import Lock
from typing import Final

from shared.cache.segment_cache import SegmentCache
from shared.index.manifest import Manifest
from shared.index.snapshot import Snapshot

_REMEMBERED: Final = 64


class ShardSnapshots:
    """Opens versions; what the last one of a shard knows about segments is used again."""

    def __init__(self, cache: SegmentCache) -> None:
        self._cache = cache
        self._lock = Lock()
        self._last: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()

    def open(self, manifest: Manifest) -> Snapshot:
        """One version, able to answer for ids and filters; vectors may still be on their way.

        Raises:
            CorruptObject: a segment is missing or not what the manifest says.
            DependencyUnavailable: the object store does not answer.
        """
        key = (manifest.uid, manifest.shard)
        with self._lock:
            last = self._last.get(key)
        if last is not None and last.manifest == manifest:
            return last
        segments = [self._cache.open(manifest, entry, early=True) for entry in manifest.segments]
        snapshot = Snapshot.open(manifest, segments, last)
        with self._lock:
            self._last[key] = snapshot
            self._last.move_to_end(key)
            while len(self._last) > _REMEMBERED:
                self._last.popitem(last=False)
        return snapshot
