"""Whether stored objects are what they must be, byte by byte."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from shared.ports.objects import ObjectNotFound, ObjectStore
from swell.backup.contents import StoredFile

_READ_BYTES: Final = 8 * 2**20


def problem_of(objects: ObjectStore, file: StoredFile, *, named: str | None = None) -> str | None:
    """What is wrong with an object; None if nothing is. `named`: under another name than in the backup."""
    name = named or file.name
    digest, size_bytes = hashlib.sha256(), 0
    while True:
        try:
            piece = objects.read(name, start=size_bytes, length=_READ_BYTES)
        except ObjectNotFound:
            return f"{name} is missing"
        digest.update(piece)
        size_bytes += len(piece)
        if len(piece) < _READ_BYTES:
            break
    if size_bytes != file.size_bytes:
        return f"{name} has {size_bytes} bytes, not {file.size_bytes}"
    return None if digest.hexdigest() == file.sha256 else f"{name} has another checksum than when it was backed up"


def problems(objects: ObjectStore, files: Iterable[StoredFile]) -> Iterator[str]:
    """Everything that is wrong; each object is read once."""
    for file in dict.fromkeys(files):
        problem = problem_of(objects, file)
        if problem is not None:
            yield problem
