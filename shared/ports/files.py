"""Users' files: where imports read and exports write. Buckets of Cloud Storage, or one directory when embedded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.bulk.source import Source


@dataclass(frozen=True)
class StoredPart:
    """One part of a file that is being written: what it is called, where it begins in the whole, how long it is."""

    name: str
    start: int
    size_bytes: int


class Files(Protocol):
    """Files by URI. Every method raises `DependencyUnavailable` when the store does not answer."""

    def of_tenant(self, tenant: str) -> "Files":
        """The part of the files that is a tenant's; the default tenant's is all of them."""
        ...

    def check(self, uri: str) -> None:
        """Refuse a URI that is not allowed, before anything is read or written.

        Raises:
            InvalidRequest: it is malformed, or names a place that users have no business in.
        """
        ...

    def source(self, uri: str) -> Source:
        """A file to read.

        Raises:
            NotFound: there is no such file.
            InvalidRequest: as `check`.
        """
        ...

    def export_uri(self, name: str) -> str:
        """Where an export goes whose user named no place."""
        ...

    def write_part(self, uri: str, writer: str, content: Path, start: int) -> StoredPart:
        """Keep a part of the file at `uri`, unseen, for `writer`. The same content again changes nothing.

        Raises:
            CorruptObject: the parts before it are gone.
        """
        ...

    def finish(self, uri: str, writer: str, parts: Sequence[StoredPart], closing: Path) -> int:
        """Make the parts, and the last one, the file, in one moment, and return its size. Again changes nothing.

        Raises:
            CorruptObject: a part is missing, or not as long as it was.
        """
        ...

    def remove(self, uri: str) -> None:
        """Remove a file; removing nothing is fine.

        Raises:
            InvalidRequest: as `check`.
        """
        ...

    def discard(self, uri: str, writer: str) -> None:
        """Remove the parts of a file that will not be finished."""
        ...
