"""Bringing objects from one store to another, under the same name or another, checked on arrival."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.errors import CorruptObject, DependencyUnavailable
from shared.ports.objects import ObjectStore
from swell.backup.checking import problem_of
from swell.backup.contents import StoredFile

Bring = Callable[[StoredFile, str], None]
"""Brings one object to the target, under a name there."""


def through_here(source: ObjectStore, target: ObjectStore) -> Bring:
    """By way of a file on this machine: works between any two stores."""

    def bring(file: StoredFile, name: str) -> None:
        with TemporaryDirectory(prefix="swell-backup-") as folder:
            local = Path(folder) / "object"
            try:
                source.download(file.name, local)
            except OSError as error:
                raise DependencyUnavailable(f"{folder}, on the way of {file.name}: {error.strerror}") from error
            target.put(name, local)

    return bring


def by_the_store(target: ObjectStore, source_bucket: str) -> Bring:
    """By the store itself, where both are buckets of Cloud Storage; names stay."""

    def bring(file: StoredFile, name: str) -> None:
        assert name == file.name  # noqa: S101 - a restore, which renames, goes through here
        target.copy_from(source_bucket, name)

    return bring


class Mover:
    """Brings what is missing, and counts it."""

    def __init__(self, target: ObjectStore, bring: Bring) -> None:
        self._target = target
        self._bring = bring
        self.copied_bytes = self.reused_bytes = 0

    def bring(self, file: StoredFile, name: str | None = None) -> None:
        """Have an object in the target. One of the right size under an immutable name is taken for what it is.

        Raises:
            ObjectNotFound: the source has no such object.
            CorruptObject: what arrived is not what it should be; it was removed again.
        """
        name = name or file.name
        there = self._target.stat(name)
        if there is not None and there.size_bytes == file.size_bytes:
            self.reused_bytes += file.size_bytes
            return
        self._bring(file, name)
        problem = problem_of(self._target, file, named=name)
        if problem is not None:
            self._target.delete(name)
            raise CorruptObject(problem)
        self.copied_bytes += file.size_bytes
