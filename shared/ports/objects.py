"""Immutable files: Cloud Storage, or a directory when embedded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shared.errors import SwellError


@dataclass(frozen=True)
class ObjectInfo:
    """What the store knows of an object. `generation` is positive and changes when the name is written again."""

    name: str
    size_bytes: int
    generation: int
    created_at: datetime


class ObjectNotFound(SwellError):  # noqa: N818 - an outcome to decide on
    """No object has this name."""


class GenerationMismatch(SwellError):  # noqa: N818 - an outcome to decide on
    """The object is not at the generation that the write named; nothing was written."""


class ObjectStore(Protocol):
    """Objects by name. Every method raises `DependencyUnavailable` when the store does not answer."""

    def put(self, name: str, content: bytes | Path, *, if_generation: int | None = None) -> ObjectInfo:
        """Store an object whole: a reader sees all of it or none. `if_generation=0` means create only.

        Raises:
            GenerationMismatch: the object is not at `if_generation`.
        """
        ...

    def read(self, name: str, *, start: int = 0, length: int | None = None) -> bytes:
        """`length` bytes from `start`, or to the end.

        Raises:
            ObjectNotFound: there is no such object.
        """
        ...

    def download(self, name: str, destination: Path) -> None:
        """Bring an object to a local file that does not exist yet.

        Raises:
            ObjectNotFound: there is no such object.
            OSError: the disk of the local file is full or read-only.
        """
        ...

    def stat(self, name: str) -> ObjectInfo | None:
        """What is known of an object, or None."""
        ...

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """The objects whose names begin with `prefix`, by name."""
        ...

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        """Remove an object; removing nothing is fine.

        Raises:
            GenerationMismatch: the object is not at `if_generation`, and stays.
        """
        ...

    def copy_from(self, bucket: str, name: str) -> ObjectInfo:
        """Bring the object of this name from another bucket, replacing what is here; a reader sees all of it or none.

        The bytes do not pass through this process where the store can copy by itself.

        Raises:
            ObjectNotFound: the other bucket has no such object.
        """
        ...
