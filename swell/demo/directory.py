"""The demo's own data directory: empty at the start, and nobody else's."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.adapters.embedded.file_lock import FileLock
from shared.errors import ConfigurationError
from swell.local.directory_claim import CLAIM, claimed

_MARKER: Final = ".swell-demo"


@contextmanager
def fresh_directory(path: Path) -> Iterator[Path]:
    """An empty directory for one demo; what an earlier demo left in it is removed, anything else is not touched.

    Raises:
        ConfigurationError: it holds something else, or another demo or `swell up` runs in it.
    """
    marker = path / _MARKER
    if path.exists() and any(path.iterdir()) and not marker.exists():
        raise ConfigurationError(
            f"--data: got {path}, which holds other files; "
            "allowed: an empty or new directory, or that of an earlier demo"
        )
    path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(marker)
    if not lock.try_acquire():
        raise ConfigurationError(
            f"another demo runs in {path}; wait for its end, or give another directory with --data"
        )
    try:
        with claimed(path):
            _empty(path, {marker, path / CLAIM})
            yield path
    finally:
        lock.release()


def _empty(path: Path, kept: Collection[Path]) -> None:
    for child in path.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        elif child not in kept:
            child.unlink()


@dataclass(frozen=True)
class DiskUse:
    """Files under a directory; one that stands under two names is counted once."""

    files: int
    size_bytes: int


def disk_use(path: Path) -> DiskUse:
    """What the demo has written; files that vanish while we look are left out."""
    sizes: dict[tuple[int, int], int] = {}
    for file in path.rglob("*"):
        try:
            entry = file.lstat()
        except FileNotFoundError:
            continue
        if file.is_file():
            sizes[entry.st_dev, entry.st_ino] = entry.st_size
    return DiskUse(len(sizes), sum(sizes.values()))
