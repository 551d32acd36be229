"""What an object may be called: names that Cloud Storage and a directory both accept."""

from typing import Final

MAX_NAME_BYTES: Final = 1_024  # cloud.google.com/storage/docs/objects#naming
MAX_PART_BYTES: Final = 255  # NAME_MAX of every common file system


def check_object_name(name: str) -> None:
    """Refuse a name that could leave the directory, or that one of the two stores does not take.

    Raises:
        ValueError: it is empty, absolute, too long, or has an empty, dotted or unprintable part.
    """
    if not 0 < len(name.encode()) <= MAX_NAME_BYTES:
        raise ValueError(f"object name has {len(name.encode())} bytes, allowed: 1 to {MAX_NAME_BYTES}")
    for part in name.split("/"):
        if part in {"", ".", ".."} or "\\" in part or not part.isprintable():
            raise ValueError(f"object name {name!r} has the part {part!r}, which is not allowed")
        if len(part.encode()) > MAX_PART_BYTES:
            raise ValueError(f"object name {name!r} has a part of more than {MAX_PART_BYTES} bytes")
