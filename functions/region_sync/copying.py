"""Bringing objects from another region's bucket to this one, and checking every byte of them here."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from functions.region_sync.sync_plan import Copy, Verify, WantedFile
from shared.coordination.races import LostRace
from shared.errors import CorruptObject
from shared.ports.objects import ObjectNotFound, ObjectStore

READ_BYTES: Final = 8 * 2**20
"""An object is checked in pieces: a base segment is larger than the memory of the function."""


class SourceMoved(Exception):  # noqa: N818 - an outcome to decide on
    """The source no longer has an object: it has gone on to a later version, which is the one to copy."""


@dataclass(frozen=True)
class Bucket:
    """A region's objects, and what others call the bucket that they are in."""

    region: str
    name: str
    objects: ObjectStore


class Copier:
    """Copies between buckets. `workers`: how many objects travel at the same time; 1 does all in this thread."""

    def __init__(self, own: Bucket, *, workers: int = 8) -> None:
        self._own = own
        self._workers = workers

    def bring(self, source: Bucket, steps: Sequence[Copy | Verify]) -> None:
        """Do these steps, in any order; when it returns, all the objects are here and are what they must be.

        Raises:
            SourceMoved: the source has dropped one of them.
            LostRace: what was just copied is gone: this process was frozen, and a sweep took it for left over.
            CorruptObject: what the source has is not what the manifest says.
        """
        self._each(lambda step: self._bring(source, step), steps)

    def bring_manifest(self, source: Bucket, name: str) -> None:
        """Copy a manifest as it is.

        Raises:
            SourceMoved: the source has dropped it.
        """
        self._copy(source, name)

    def _bring(self, source: Bucket, step: Copy | Verify) -> None:
        if isinstance(step, Verify) and self.is_whole(step.file):
            return
        self._copy(source, step.file.name)
        whole = self.is_whole(step.file)
        if whole is None:
            raise LostRace(f"{step.file.name} was swept while it was copied")
        if not whole:
            raise CorruptObject(f"{step.file.name} in {source.region} is not what its manifest says")

    def _copy(self, source: Bucket, name: str) -> None:
        try:
            self._own.objects.copy_from(source.name, name)
        except ObjectNotFound:
            raise SourceMoved(f"{name} is no longer in {source.region}") from None

    def is_whole(self, file: WantedFile) -> bool | None:
        """Whether every byte is what it must be; None if there is no such object."""
        digest, size_bytes = hashlib.sha256(), 0
        while True:
            try:
                piece = self._own.objects.read(file.name, start=size_bytes, length=READ_BYTES)
            except ObjectNotFound:
                return None
            digest.update(piece)
            size_bytes += len(piece)
            if len(piece) < READ_BYTES:
                return size_bytes == file.size_bytes and digest.hexdigest() == file.sha256

    def _each(self, action: Callable[[Copy | Verify], None], steps: Sequence[Copy | Verify]) -> None:
        if self._workers == 1 or len(steps) <= 1:
            for step in steps:
                action(step)
            return
        with ThreadPoolExecutor(min(self._workers, len(steps))) as pool:
            list(pool.map(action, steps))
