"""File operations that survive power loss when they return."""

import os
import shutil
from pathlib import Path
from uuid import uuid4


def sync_directory(directory: Path) -> None:
    """Make the entries of a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the content of a file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path: Path, content: bytes | Path) -> None:
    """Write a new file, or copy one. Its name is not durable yet: see `move_into_place`."""
    if isinstance(content, Path):
        shutil.copyfile(content, path)
    else:
        path.write_bytes(content)


def stamp(path: Path, mtime_ns: int) -> None:
    """Set the modification time, and wait until the disk has the file and its time."""
    os.utime(path, ns=(mtime_ns, mtime_ns))
    sync_file(path)


def move_into_place(source: Path, target: Path) -> None:
    """Rename a durable file, replacing what was there, and make the new name durable."""
    made = _make_folders(target.parent)
    source.replace(target)
    for directory in {target.parent, *(folder.parent for folder in made)}:
        sync_directory(directory)


def remove_with_empty_folders(path: Path, root: Path) -> None:
    """Remove a file and the folders below `root` that this leaves empty. Nobody may add to them meanwhile."""
    path.unlink()
    folder = path.parent
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
    sync_directory(folder)


def link_or_copy(source: Path, target: Path) -> None:
    """Bring a file to a name that does not exist yet: a link on the same file system, else a whole copy.

    Raises:
        FileExistsError: the name is taken.
    """
    try:
        os.link(source, target)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # another file system, one without links, or too many links
        partial = target.with_name(f".{target.name}.{uuid4().hex}")
        try:
            shutil.copyfile(source, partial)
            if target.exists():
                raise FileExistsError(f"{target} exists") from None
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _make_folders(folder: Path) -> list[Path]:
    """The folders that were not there yet."""
    missing: list[Path] = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for made in reversed(missing):
        made.mkdir()
    return missing
