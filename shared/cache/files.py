"""Files of segments in a local directory: fetched to a side name, verified, then moved into place.

Several processes may share the directory. A file that stands under its own name was whole when it arrived;
each process verifies it once before its first use, because disks and other programs are not to be trusted.
"""

import errno
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final
from uuid import uuid4

from shared.domain.paths import segment_file
from shared.errors import CorruptObject, DependencyUnavailable
from shared.index.manifest import FileEntry, Manifest, SegmentEntry
from shared.index.segment import Segment, verify_files
from shared.ports.objects import ObjectNotFound, ObjectStore

_TIMES_BROUGHT: Final = 8
"""Files that others remove as they are opened are brought again so often: each time is another commit elsewhere."""


class CopyRemoved(DependencyUnavailable):
    """Another process, or another thread, has removed a local copy while it was made or opened."""


class SegmentFiles:
    """The local copies."""

    def __init__(self, objects: ObjectStore, directory: Path) -> None:
        self._objects = objects
        self._directory = directory
        self._verified: set[tuple[str, str]] = set()
        self._lock = Lock()
        self.fetched_bytes = 0
        """Bytes brought from the object store by this process."""

    def directory_of(self, manifest: Manifest, entry: SegmentEntry) -> Path:
        """Where the files of a segment stand: with those of its shard."""
        return self.shard_directory(manifest) / entry.id

    def has(self, manifest: Manifest, entry: SegmentEntry, files: Sequence[FileEntry]) -> bool:
        """Whether these files are here and proven; another process may have removed what was."""
        local = self.directory_of(manifest, entry)
        with self._lock:
            proven = all((entry.id, file.name) in self._verified for file in files)
        return proven and all((local / file.name).exists() for file in files)

    def bring(self, manifest: Manifest, entry: SegmentEntry, files: Sequence[FileEntry]) -> None:
        """Have these files here and proven. A damaged local copy is fetched anew.

        Raises:
            CorruptObject: an object is missing, or is not what the manifest says.
            DependencyUnavailable: the object store does not answer, or the disk is full or read-only.
            CopyRemoved: somebody who is at another version has removed them meanwhile; bringing them again can succeed.
        """
        missing = [file for file in files if not self.has(manifest, entry, [file])]
        if not missing:
            return
        with _disk_errors(self._directory), ThreadPoolExecutor(len(missing)) as side_by_side:
            for file in side_by_side.map(lambda file: self._bring_one(manifest, entry, file), missing):
                with self._lock:
                    self._verified.add((entry.id, file.name))

    def opened(
        self,
        manifest: Manifest,
        entry: SegmentEntry,
        files: Sequence[FileEntry],
        open_in: Callable[[Path], Segment],
    ) -> Segment:
        """Bring the files and open them, again where others remove them meanwhile.

        A process that is at another version of the shard removes what that does not name. What is no longer here is
        not damaged: taken for damage, it would hide a commit from readers. Raises as `bring`.
        """
        for _ in range(_TIMES_BROUGHT):
            try:
                self.bring(manifest, entry, files)
            except CopyRemoved:
                continue
            try:
                return open_in(self.directory_of(manifest, entry))
            except (CorruptObject, FileNotFoundError):
                if self._are_here(manifest, entry, files):
                    raise
        raise CopyRemoved(f"segment {entry.id}: its local copy was removed {_TIMES_BROUGHT} times as it was opened")

    def _are_here(self, manifest: Manifest, entry: SegmentEntry, files: Sequence[FileEntry]) -> bool:
        """Whether these files stand in their place now."""
        local = self.directory_of(manifest, entry)
        return all((local / file.name).exists() for file in files)

    def read_range(self, manifest: Manifest, entry: SegmentEntry, name: str, start: int, length: int) -> bytes:
        """A part of a file that is not here; not covered by the checksum of the whole.

        Raises:
            CorruptObject: the object is missing.
            DependencyUnavailable: the object store does not answer.
        """
        try:
            content = self._objects.read(self._name(manifest, entry, name), start=start, length=length)
        except ObjectNotFound:
            raise CorruptObject(f"segment {entry.id}: {name} is missing from the object store") from None
        self._count(len(content))
        return content

    def remove(self, directory: Path) -> None:
        """Delete the local copy of the segment in a directory; maps of it that are still open stay readable."""
        with self._lock:
            self._verified = {known for known in self._verified if known[0] != directory.name}
        shutil.rmtree(directory, ignore_errors=True)

    def remove_others(self, manifest: Manifest) -> None:
        """Delete the copies of the shard's segments that a version does not name, whichever process made them."""
        named = {entry.id for entry in manifest.segments}
        try:
            present = list(self.shard_directory(manifest).iterdir())
        except OSError:
            return  # nothing is here, or nothing can be removed
        for directory in present:
            if directory.name not in named:
                self.remove(directory)

    def shard_directory(self, manifest: Manifest) -> Path:
        """Where all local copies of a shard's segments stand."""
        return self._directory / f"{manifest.uid}-{manifest.shard}"

    def _bring_one(self, manifest: Manifest, entry: SegmentEntry, file: FileEntry) -> FileEntry:
        local = self.directory_of(manifest, entry)
        if (local / file.name).exists():
            try:
                verify_files(entry, local, [file])
            except CorruptObject:
                (local / file.name).unlink(missing_ok=True)  # the copy is bad; the object may not be
            else:
                return file
        self._fetch(manifest, entry, file)
        return file

    def _fetch(self, manifest: Manifest, entry: SegmentEntry, file: FileEntry) -> None:
        local = self.directory_of(manifest, entry)
        arriving = local / f"arriving-{uuid4().hex}"
        try:
            arriving.mkdir(parents=True)
            self._objects.download(self._name(manifest, entry, file.name), arriving / file.name)
            verify_files(entry, arriving, [file])
            (arriving / file.name).replace(local / file.name)
            self._count(file.size_bytes)
        except (ObjectNotFound, CorruptObject, FileNotFoundError) as error:
            # An object that is damaged stands here as it came; one that is missing left the folder as it was made.
            if not (arriving if isinstance(error, ObjectNotFound) else arriving / file.name).exists():
                raise CopyRemoved(f"segment {entry.id}: the folder of {file.name} was removed as it arrived") from None
            if isinstance(error, ObjectNotFound):
                raise CorruptObject(f"segment {entry.id}: {file.name} is missing from the object store") from None
            raise
        finally:
            shutil.rmtree(arriving, ignore_errors=True)

    def _name(self, manifest: Manifest, entry: SegmentEntry, name: str) -> str:
        return segment_file(manifest.collection, manifest.uid, manifest.shard, entry.id, name)

    def _count(self, size_bytes: int) -> None:
        with self._lock:
            self.fetched_bytes += size_bytes


@contextmanager
def _disk_errors(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reasons = {errno.ENOSPC: "is full", errno.EDQUOT: "is over its quota", errno.EROFS: "is read-only"}
        reason = reasons.get(error.errno or 0, f"failed ({error.strerror})")
        raise DependencyUnavailable(f"the disk of the segment cache {directory} {reason}") from error
