"""What a state document may be: Firestore's limits, which every adapter holds to.

So the embedded store refuses what the cloud would refuse.
Source: cloud.google.com/firestore/quotas, "Collections, documents, and fields" (July 2025).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from shared.ports.state import Write

MAX_ID_BYTES: Final = 1_500
MAX_DOCUMENT_BYTES: Final = 1_048_576
MAX_DEPTH: Final = 20
_INT64: Final = range(-(2**63), 2**63)


def split_document(path: str) -> tuple[str, str]:
    """The collection and the id of a document path.

    Raises:
        ValueError: the path is not one of collection/id pairs.
    """
    parts = _checked_parts(path)
    if len(parts) % 2:
        raise ValueError(f"document path {path!r} names a collection: it needs an even number of parts")
    collection, _, document_id = path.rpartition("/")
    return collection, document_id


def check_collection(path: str) -> None:
    """Refuse a path that does not name a collection.

    Raises:
        ValueError: it has an even number of parts, or a part that is not allowed.
    """
    if not len(_checked_parts(path)) % 2:
        raise ValueError(f"collection path {path!r} names a document: it needs an odd number of parts")


def check_writes(writes: Iterable[Write]) -> None:
    """Refuse a batch that Firestore would refuse, or that names one document twice.

    Raises:
        ValueError: it says which document and why.
    """
    seen: set[str] = set()
    for write in writes:
        split_document(write.path)
        if write.path in seen:
            raise ValueError(f"batch names {write.path!r} twice")
        seen.add(write.path)


def check_data(path: str, values: Mapping[str, Any]) -> None:
    """Refuse the content of a document that is not JSON as Firestore can hold it.

    Raises:
        ValueError: a value that is not JSON, a name that is reserved, too deep, or more than 1 MiB.
    """
    size_bytes = len(path.encode()) + 32 + _size_of(values, path, depth=0)
    if size_bytes > MAX_DOCUMENT_BYTES:
        raise ValueError(f"document {path!r} has {size_bytes:,} bytes, allowed: {MAX_DOCUMENT_BYTES:,}")


def _checked_parts(path: str) -> list[str]:
    parts = path.split("/")
    for part in parts:
        reserved = part in {"", ".", ".."} or (part.startswith("__") and part.endswith("__"))
        if reserved or "\0" in part or len(part.encode()) > MAX_ID_BYTES:
            raise ValueError(f"path {path!r} has the part {part[:50]!r}, which Firestore does not allow")
    return parts


def _size_of(value: object, where: str, *, depth: int) -> int:
    """Bytes as Firestore counts them (cloud.google.com/firestore/docs/storage-size)."""
    if depth > MAX_DEPTH:
        raise ValueError(f"{where} is nested deeper than {MAX_DEPTH}")
    match value:
        case None | bool():
            return 1
        case str():
            return len(value.encode()) + 1
        case int() if value in _INT64:
            return 8
        case float() if math.isfinite(value):
            return 8
        case Mapping():
            return sum(_name_size(name, where) + _size_of(item, where, depth=depth + 1) for name, item in value.items())
        case Sequence() if not isinstance(value, bytes | bytearray):
            return sum(_size_of(item, where, depth=depth + 1) for item in value)
        case _:
            raise ValueError(f"{where} holds {value!r:.50}, which is not a JSON value of 64 bits")


def _name_size(name: object, where: str) -> int:
    if not isinstance(name, str) or not name or (name.startswith("__") and name.endswith("__")):
        raise ValueError(f"{where} holds the field name {name!r:.50}, which Firestore does not allow")
    return len(name.encode()) + 1
