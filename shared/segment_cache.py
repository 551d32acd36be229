"""Segments of the object store, verified, memory-mapped from a bounded local cache."""

import shutil
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock

from shared.domain.paths import segment_file
from shared.errors import CorruptObject, DependencyUnavailable
from shared.index.manifest import Manifest, SegmentEntry
from shared.index.segment import Segment, open_segment, verify_files
from shared.ports.objects import ObjectNotFound, ObjectStore


class SegmentCache:
    """Opens segments by content id. Least recently used ones are evicted above `max_bytes`.

    A segment that is evicted while a snapshot still uses it stays readable: the memory map outlives the file's name.
    Several processes may share one directory: files arrive by rename and are verified by each process before use.
    """

    def __init__(self, objects: ObjectStore, directory: Path, max_bytes: int) -> None:
        self._objects = objects
        self._directory = directory
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._open: OrderedDict[str, tuple[Segment, int]] = OrderedDict()
        self._loading: dict[str, Lock] = {}
        directory.mkdir(parents=True, exist_ok=True)

    @property
    def used_bytes(self) -> int:
        """The bytes of the segments held open."""
        with self._lock:
            return sum(size for _, size in self._open.values())

    def open_all(self, manifest: Manifest) -> Sequence[Segment]:
        """The segments of a manifest, in its order.

        Raises:
            CorruptObject: an object is missing or is not what the manifest says, even when fetched anew.
            DependencyUnavailable: the object store does not answer, or the cache's disk is full or read-only.
        """
        return [self.open(manifest, entry) for entry in manifest.segments]

    def open(self, manifest: Manifest, entry: SegmentEntry) -> Segment:
        """One segment; concurrent requests for it share one download. Raises as `open_all`."""
        held = self._held(entry)
        if held is not None:
            return held
        with self._lock:
            loading = self._loading.setdefault(entry.id, Lock())
        with loading:
            segment = self._held(entry) or self._load(manifest, entry)
        with self._lock:
            self._open[entry.id] = (segment, entry.size_bytes)
            self._loading.pop(entry.id, None)
            evicted = self._over_limit(keep=entry.id)
        for segment_id in evicted:
            shutil.rmtree(self._directory / segment_id, ignore_errors=True)
        return segment

    def _held(self, entry: SegmentEntry) -> Segment | None:
        with self._lock:
            if entry.id not in self._open:
                return None
            self._open.move_to_end(entry.id)
            return self._open[entry.id][0]

    def _over_limit(self, keep: str) -> list[str]:
        evicted = []
        used = sum(size for _, size in self._open.values())
        for segment_id in list(self._open):
            if used <= self._max_bytes or segment_id == keep:
                break
            used -= self._open.pop(segment_id)[1]
            evicted.append(segment_id)
        return evicted

    def _load(self, manifest: Manifest, entry: SegmentEntry) -> Segment:
        local = self._directory / entry.id
        try:
            if local.exists():
                try:
                    return self._verified(manifest, entry, local)
                except CorruptObject:
                    shutil.rmtree(local, ignore_errors=True)  # the copy is bad; the object may not be
            self._download(manifest, entry, local)
            return self._verified(manifest, entry, local)
        except OSError as error:
            raise DependencyUnavailable(f"segment cache {self._directory}: {error}") from error

    def _verified(self, manifest: Manifest, entry: SegmentEntry, local: Path) -> Segment:
        verify_files(entry, local)
        return open_segment(entry, manifest.spec, local)

    def _download(self, manifest: Manifest, entry: SegmentEntry, local: Path) -> None:
        arriving = Path(mkdtemp(prefix=f"{entry.id}.", dir=self._directory))
        try:
            for file in entry.files:
                name = segment_file(manifest.collection, manifest.uid, manifest.shard, entry.id, file.name)
                try:
                    self._objects.download(name, arriving / file.name)
                except ObjectNotFound:
                    raise CorruptObject(f"{name} is missing from the object store") from None
            try:
                arriving.rename(local)
            except OSError:
                if not local.exists():  # else another process was first, with the same content
                    raise
        finally:
            shutil.rmtree(arriving, ignore_errors=True)
