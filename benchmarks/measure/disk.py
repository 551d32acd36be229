"""Bytes that a directory takes on disk."""

from pathlib import Path


def disk_parts(directory: Path) -> dict[str, int]:
    """Bytes on disk of each entry of a directory, by name, largest first."""
    parts = {entry.name: disk_bytes(entry) for entry in directory.iterdir()}
    return dict(sorted(parts.items(), key=lambda part: -part[1]))


def disk_bytes(directory: Path) -> int:
    """Blocks allocated to a file or directory and all below; a file that stands under two names is counted once."""
    sizes: dict[tuple[int, int], int] = {}
    for path in (directory, *directory.rglob("*")):
        try:
            entry = path.lstat()
        except FileNotFoundError:  # removed while we look
            continue
        sizes[entry.st_dev, entry.st_ino] = entry.st_blocks * 512
    return sum(sizes.values())
