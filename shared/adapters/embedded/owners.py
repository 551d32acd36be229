"""Who holds leases, and whether they still live: each owner holds a lock that dies with its process."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from shared.adapters.embedded.file_lock import FileLock

_STRAY_AGE_S: Final = 60.0
"""Longer than an owner takes between making its file and locking it."""


class Owner:
    """One holder of leases, alive until `leave` or until its process ends in any way."""

    def __init__(self, name: str, path: Path, lock: FileLock) -> None:
        self.name = name
        self._path = path
        self._lock = lock

    def leave(self) -> None:
        """Stop being alive."""
        self._path.unlink(missing_ok=True)
        self._lock.release()


class Owners:
    """The owners of one queue, as lock files in a directory.

    A lock says more than a process id: ids are used again, and mean nothing across containers or after a reboot.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._remove_strays()

    def enter(self) -> Owner:
        """A new owner, alive."""
        name = uuid4().hex
        path = self._directory / name
        lock = FileLock(path)
        lock.acquire()
        return Owner(name, path, lock)

    def is_alive(self, name: str) -> bool:
        """Whether the process that entered under this name still holds its lock."""
        path = self._directory / name
        if not path.exists():
            return False
        lock = FileLock(path)
        if not lock.try_acquire():
            return True
        with suppress(FileNotFoundError):
            path.unlink()
        lock.release()
        return False

    def _remove_strays(self) -> None:
        """Dead owners that held no lease when they died are asked after by nobody."""
        oldest = time.time() - _STRAY_AGE_S
        for path in self._directory.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    self.is_alive(path.name)
