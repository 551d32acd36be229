"""Segments opened from a bounded local cache.

Three tiers: *hot*, memory-mapped; *warm*, on the local disk; *cold*, in the object store. Heat decides what stays.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Timer
from typing import Any, Final

from shared.cache.files import SegmentFiles
from shared.cache.heat import Heat, to_evict
from shared.errors import CorruptObject, SwellError
from shared.index.manifest import FileEntry, Manifest, SegmentEntry
from shared.index.remote import ByteRange
from shared.index.segment import Segment, first_files, open_ranged, open_segment
from shared.metrics import Counter
from shared.ports.objects import ObjectStore
from shared.telemetry import log

OPENED: Final = Counter("swell_segments_opened_total", "Segments opened, by the tier that had them", ("result",))

_WORTH_STARTING_EARLY_BYTES: Final = 8_000_000
"""Below this the whole segment arrives about as fast as its first part (0.1 s at 60 MB/s)."""

_RANGES_AT_ONCE: Final = 16

_SHARDS_REMEMBERED: Final = 4096
"""How many shards' newest manifests are remembered. A forgotten one costs one look at the shard's folder."""

_FIRST_ANSWER_S: Final = 0.3
"""A forest begins to arrive this much later: bringing and proving it would delay the answer that opened its segment."""

_COMPLETE_AGAIN_S: Final = 5.0
"""A forest that could not be brought is tried again after this, and then after twice as long, up to a minute."""

_LONGEST_WAIT_S: Final = 60.0


@dataclass(frozen=True)
class CacheLimits:
    """`mapped_bytes` bounds the hot tier, `disk_bytes` the warm one, hot segments' files included.

    `shards` bounds how many shards' newest manifests are remembered, those opened last.
    """

    mapped_bytes: int
    disk_bytes: int
    shards: int = _SHARDS_REMEMBERED


@dataclass
class TierCounters:
    """Openings answered by each tier, and what the cold one cost."""

    hot: int = 0
    warm: int = 0
    cold: int = 0


class SegmentCache:
    """Opens segments by content id; concurrent requests for one share one download.

    An evicted segment that a snapshot still uses stays readable: the memory map outlives the file's name.
    When a shard is opened at a newer version, what this does not name leaves memory and disk: an erased record is
    gone from a cache as soon as its instance has seen the version without it.
    """

    def __init__(
        self,
        objects: ObjectStore,
        directory: Path,
        limits: CacheLimits,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        complete_again_s: float = _COMPLETE_AGAIN_S,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._files = SegmentFiles(objects, directory)
        self._limits = limits
        self._monotonic_s = monotonic_s
        self._complete_again_s = complete_again_s
        self._lock = Lock()
        self._opening: dict[str, Lock] = {}
        self._open: dict[str, Segment] = {}
        self._sizes_bytes: dict[str, int] = {}
        self._heats: dict[str, Heat] = {}
        self._directories: dict[str, Path] = {}
        self._newest: OrderedDict[tuple[str, int], Manifest] = OrderedDict()
        self._completing: set[str] = set()
        self._suspects: set[str] = set()
        self._ranges = ThreadPoolExecutor(_RANGES_AT_ONCE, thread_name_prefix="range")
        self.counters = TierCounters()
        self.completions = 0
        """Grows when a segment that was opened early has arrived whole, or has turned out to be damaged."""

    def open(self, manifest: Manifest, entry: SegmentEntry, *, early: bool = False) -> Segment:
        """One segment. With `early` a large base opens as soon as its sketch is here; its forest follows.

        One whose forest turned out to be damaged is not opened early again: ranged reads would not notice.

        Raises:
            CorruptObject: an object is missing or is not what the manifest says, even when fetched anew.
            DependencyUnavailable: the object store does not answer, or the cache's disk is full or read-only.
        """
        self.forget_before(manifest)
        held = self._held(entry, early=early)
        if held is not None:
            return held
        with self._lock:
            opening = self._opening.setdefault(entry.id, Lock())
        with opening:
            return self._held(entry, early=early) or self._load(manifest, entry, early=early)

    def open_all(self, manifest: Manifest) -> Sequence[Segment]:
        """All segments of a manifest, in its order, whole. Raises as `open`."""
        return [self.open(manifest, entry) for entry in manifest.segments]

    def forget_before(self, manifest: Manifest) -> None:
        """Drop what older versions of the shard named and this one does not, unless a newer one has been opened."""
        key = (manifest.uid, manifest.shard)
        with self._lock:
            newest = self._newest.get(key)
            if newest is not None and newest.version >= manifest.version:
                self._newest.move_to_end(key)
                return
            self._newest[key] = manifest
            self._newest.move_to_end(key)
            if len(self._newest) > self._limits.shards:
                self._newest.popitem(last=False)
            shard = self._files.shard_directory(manifest)
            held = {segment_id for segment_id, directory in self._directories.items() if directory.parent == shard}
            for segment_id in held - {entry.id for entry in manifest.segments}:
                self._drop(segment_id)
        self._files.remove_others(manifest)

    def stats(self) -> dict[str, Any]:
        """Segments and bytes by tier, openings by tier, bytes fetched."""
        with self._lock:
            hot = sum(self._sizes_bytes[segment_id] for segment_id in self._open)
            warm = sum(self._sizes_bytes.values()) - hot
            return {
                "hot": {"segments": len(self._open), "bytes": hot, "opened": self.counters.hot},
                "warm": {
                    "segments": len(self._sizes_bytes) - len(self._open),
                    "bytes": warm,
                    "opened": self.counters.warm,
                },
                "cold": {"opened": self.counters.cold, "fetched_bytes": self._files.fetched_bytes},
            }

    @property
    def fetched_bytes(self) -> int:
        """Bytes brought from the object store so far."""
        return self._files.fetched_bytes

    def _held(self, entry: SegmentEntry, *, early: bool) -> Segment | None:
        with self._lock:
            segment = self._open.get(entry.id)
            if segment is None or not (early or segment.is_local):
                return None
            self._heats[entry.id] = self._heats[entry.id].touched(self._monotonic_s())
            self.counters.hot += 1
            OPENED.inc("hot")
            return segment

    def _load(self, manifest: Manifest, entry: SegmentEntry, *, early: bool) -> Segment:
        local = self._files.directory_of(manifest, entry).exists()
        before = self._files.fetched_bytes
        later = _later_files(entry)
        worth_it = sum(file.size_bytes for file in later) >= _WORTH_STARTING_EARLY_BYTES
        trusted = entry.id not in self._suspects
        if early and worth_it and trusted and not self._files.has(manifest, entry, later):
            segment = self._load_early(manifest, entry, later[0])
        else:
            segment = self._load_whole(manifest, entry)
        with self._lock:
            if local and self._files.fetched_bytes == before:
                self.counters.warm += 1
                OPENED.inc("warm")
            else:
                self.counters.cold += 1
                OPENED.inc("cold")
        return segment

    def _load_whole(self, manifest: Manifest, entry: SegmentEntry) -> Segment:
        segment = self._files.opened(
            manifest, entry, entry.files, lambda directory: open_segment(entry, manifest.spec, directory)
        )
        self._keep(manifest, entry, segment)
        return segment

    def _load_early(self, manifest: Manifest, entry: SegmentEntry, forest: FileEntry) -> Segment:
        def read(ranges: Sequence[ByteRange]) -> Sequence[bytes]:
            return list(self._ranges.map(lambda part: self._read(manifest, entry, forest, part), ranges))

        segment = self._files.opened(
            manifest, entry, first_files(entry), lambda directory: open_ranged(entry, manifest.spec, directory, read)
        )
        self._keep(manifest, entry, segment)
        self._complete_in_background(manifest, entry)
        return segment

    def _read(self, manifest: Manifest, entry: SegmentEntry, file: FileEntry, part: ByteRange) -> bytes:
        return self._files.read_range(manifest, entry, file.name, part.start, part.length)

    def _complete_in_background(self, manifest: Manifest, entry: SegmentEntry) -> None:
        """Bring the forest while the sketch answers. Where the CPU sleeps between requests, it goes on in the next."""
        with self._lock:
            if entry.id in self._completing:
                return
            self._completing.add(entry.id)
        self._complete_in(_FIRST_ANSWER_S, manifest, entry, self._complete_again_s)

    def _complete_in(self, delay_s: float, manifest: Manifest, entry: SegmentEntry, again_s: float) -> None:
        later = Timer(delay_s, self._complete, (manifest, entry, again_s))
        later.name, later.daemon = f"complete-{entry.id[:8]}", True
        later.start()

    def _complete(self, manifest: Manifest, entry: SegmentEntry, again_s: float) -> None:
        try:
            self._load_whole(manifest, entry)
        except CorruptObject as error:
            log("ERROR", "segment that was opened early is damaged", segment=entry.id, reason=str(error))
            self._completed(entry, suspect=True)
        except SwellError as error:  # the sketch goes on answering
            log("WARNING", "segment stays incomplete", segment=entry.id, reason=f"{error.code}: {error}")
            if self._is_wanted(entry):
                self._complete_in(again_s, manifest, entry, min(2 * again_s, _LONGEST_WAIT_S))
        else:
            self._completed(entry, suspect=False)

    def _completed(self, entry: SegmentEntry, *, suspect: bool) -> None:
        """Let readers open the segment again: whole, or to be told what is wrong with it."""
        with self._lock:
            self._completing.discard(entry.id)
            self.completions += 1
            if suspect:
                self._suspects.add(entry.id)
                self._open.pop(entry.id, None)

    def _is_wanted(self, entry: SegmentEntry) -> bool:
        with self._lock:
            wanted = entry.id in self._open
            if not wanted:  # evicted, or no version names it any more
                self._completing.discard(entry.id)
            return wanted

    def _keep(self, manifest: Manifest, entry: SegmentEntry, segment: Segment) -> None:
        now_s = self._monotonic_s()
        directory = self._files.directory_of(manifest, entry)
        with self._lock:
            self._opening.pop(entry.id, None)
            self._open[entry.id] = segment
            if segment.is_local:
                self._suspects.discard(entry.id)
            self._directories[entry.id] = directory
            self._sizes_bytes[entry.id] = entry.size_bytes
            self._heats[entry.id] = self._heats.get(entry.id, Heat(0.0, now_s)).touched(now_s)
            mapped = {segment_id: self._sizes_bytes[segment_id] for segment_id in self._open}
            for segment_id in to_evict(mapped, self._heats, self._limits.mapped_bytes, entry.id, now_s):
                del self._open[segment_id]
            evicted = to_evict(self._sizes_bytes, self._heats, self._limits.disk_bytes, entry.id, now_s)
            newest = self._newest.get((manifest.uid, manifest.shard), manifest)
            if entry.id not in {each.id for each in newest.segments}:
                evicted.append(entry.id)  # a reader that is behind: it has its segment, and nobody else will want it
            removed = [self._drop(segment_id) for segment_id in evicted]
        for left in removed:
            self._files.remove(left)

    def _drop(self, segment_id: str) -> Path:
        """Forget a segment, and say where its files stand."""
        self._open.pop(segment_id, None)
        del self._sizes_bytes[segment_id], self._heats[segment_id]
        return self._directories.pop(segment_id)


def _later_files(entry: SegmentEntry) -> tuple[FileEntry, ...]:
    first = {file.name for file in first_files(entry)}
    return tuple(file for file in entry.files if file.name not in first)
