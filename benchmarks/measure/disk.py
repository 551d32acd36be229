"""Bytes that a directory takes on disk."""

from pathlib import Path


def disk_bytes(directory: Path) -> int:
    """Blocks allocated to the files below; a file that stands under two names is counted once."""
    sizes: dict[tuple[int, int], int] = {}
    for path in directory.rglob("*"):
        try:
            entry = path.lstat()
        except FileNotFoundError:  # removed while we look
            continue
        sizes[entry.st_dev, entry.st_ino] = entry.st_blocks * 512
    return sum(sizes.values())
