"""The object store on a directory.

Names are paths under `objects/`. The modification time of a file, in microseconds, is its generation,
so that one rename changes content and generation together.
"""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from shared.adapters.embedded import durable_files
from shared.adapters.embedded.file_lock import FileLock
from shared.adapters.embedded.moments import from_micros
from shared.adapters.object_names import check_object_name
from shared.errors import DependencyUnavailable
from shared.ports.objects import GenerationMismatch, ObjectInfo, ObjectNotFound

_NOT_OF_READING: Final = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""The disk that a download goes to says these; the store is not to blame, and its breaker must not open for them."""
_STRAY_AGE_S: Final = 86_400.0
"""A file in `incoming/` that is older than this was left by a process that died."""


class DirectoryObjects:
    """Immutable files. What a put has stored survives kill -9 and power loss; a reader sees all or none.

    The bucket is called as the directory is.
    Downloads are hard links where the file system allows it: they must not be written to.
    A name cannot be both an object and the folder of another (`ValueError`).
    """

    def __init__(self, directory: Path) -> None:
        self._root = directory / "objects"
        self._incoming = directory / "incoming"
        for folder in (self._root, self._incoming):
            folder.mkdir(parents=True, exist_ok=True)
        # Held by whatever changes the tree: the generation that was compared is the one that is replaced.
        self._lock_path = directory / "lock"
        _remove_strays(self._incoming)

    def put(self, name: str, content: bytes | Path, *, if_generation: int | None = None) -> ObjectInfo:
        """Store an object whole: a reader sees all of it or none. `if_generation=0` means create only.

        Raises:
            GenerationMismatch: the object is not at `if_generation`.
        """
        path = self._path(name)
        incoming = self._incoming / uuid4().hex
        with _writing(name):
            try:
                durable_files.write_file(incoming, content)
                incoming.chmod(0o444)
                durable_files.stamp(incoming, mtime_ns=time.time_ns() // 1000 * 1000)
                with FileLock(self._lock_path):
                    return self._replace(name, path, incoming, if_generation)
            finally:
                incoming.unlink(missing_ok=True)

    def read(self, name: str, *, start: int = 0, length: int | None = None) -> bytes:
        """`length` bytes from `start`, or to the end; nothing past the end.

        Raises:
            ObjectNotFound: there is no such object.
        """
        with _reading(name), self._path(name).open("rb") as file:
            file.seek(start)
            return file.read(-1 if length is None else length)

    def download(self, name: str, destination: Path) -> None:
        """Bring an object to a local file that does not exist yet.

        Raises:
            ObjectNotFound: there is no such object.
            FileExistsError: the local file exists.
            OSError: the disk of the local file is full or read-only.
        """
        with _reading(name):
            durable_files.link_or_copy(self._path(name), destination)

    def stat(self, name: str) -> ObjectInfo | None:
        """What is known of an object, or None."""
        return _describe(name, self._path(name))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """The objects whose names begin with `prefix`, by name."""
        if prefix:
            check_object_name(prefix.removesuffix("/"))
        folder, slash, _ = prefix.rpartition("/")
        for name in _walk(self._root / folder, folder + slash):
            found = _describe(name, self._root / name) if name.startswith(prefix) else None
            if found is not None:  # else deleted since the folder was read
                yield found

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        """Remove an object; removing nothing is fine.

        Raises:
            GenerationMismatch: the object is not at `if_generation`, and stays.
        """
        path = self._path(name)
        with _writing(name), FileLock(self._lock_path):
            current = _describe(name, path)
            if current is None:
                return
            if if_generation not in {None, current.generation}:
                raise GenerationMismatch(f"{name} is at generation {current.generation}, not {if_generation}")
            durable_files.remove_with_empty_folders(path, self._root)

    def copy_from(self, bucket: str, name: str) -> ObjectInfo:
        """Bring the object of this name from another bucket: a folder beside this one.

        Raises:
            ObjectNotFound: the other bucket has no such object.
        """
        check_object_name(bucket)
        check_object_name(name)
        source = self._root.parents[1] / bucket / self._root.name / name
        if not source.is_file():
            raise ObjectNotFound(f"there is no object {name} in {bucket}")
        try:
            return self.put(name, source)
        except FileNotFoundError as error:  # deleted since
            raise ObjectNotFound(f"there is no object {name} in {bucket}") from error

    def _replace(self, name: str, path: Path, incoming: Path, if_generation: int | None) -> ObjectInfo:
        """Under the lock: compare, then rename. Durable before the lock is let go, as others build on it."""
        current = _describe(name, path)
        generation = current.generation if current else 0
        if if_generation is not None and if_generation != generation:
            raise GenerationMismatch(f"{name} is at generation {generation}, not {if_generation}")
        if incoming.stat().st_mtime_ns // 1000 <= generation:  # the clock stood still, or went back
            durable_files.stamp(incoming, mtime_ns=(generation + 1) * 1000)
        durable_files.move_into_place(incoming, path)
        stored = _describe(name, path)
        if stored is None:
            raise DependencyUnavailable(f"{path} was removed by something that is not Swell")
        return stored

    def _path(self, name: str) -> Path:
        check_object_name(name)
        return self._root / name


def _describe(name: str, path: Path) -> ObjectInfo | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    generation = found.st_mtime_ns // 1000
    return ObjectInfo(name=name, size_bytes=found.st_size, generation=generation, created_at=from_micros(generation))


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    """Names in Cloud Storage's order, that of their bytes: a folder sorts as if it ended in its slash."""
    try:
        with os.scandir(folder) as entries:
            parts = sorted(entry.name + "/" if entry.is_dir() else entry.name for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return
    for part in parts:
        if part.endswith("/"):
            yield from _walk(folder / part, prefix + part)
        else:
            yield prefix + part


def _remove_strays(folder: Path) -> None:
    oldest = time.time() - _STRAY_AGE_S
    for stray in folder.iterdir():
        with suppress(FileNotFoundError):  # another process removes them too
            if stray.stat().st_mtime < oldest:
                stray.unlink()


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise ObjectNotFound(f"there is no object {name}") from error
    except OSError as error:
        if error.errno in _NOT_OF_READING:
            raise
        raise DependencyUnavailable(f"object {name}: {error.strerror}") from error


@contextmanager
def _writing(name: str) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise ValueError(f"{name!r} is the folder of another object, or lies below one") from error
    except FileNotFoundError:  # the file to store
        raise
    except OSError as error:
        raise DependencyUnavailable(f"object {name}: {error}") from error
