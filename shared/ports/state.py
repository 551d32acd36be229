"""Small JSON documents with compare-and-set: Firestore, or SQLite when embedded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol

from shared.errors import SwellError


class Absent(Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""The precondition that a document does not exist."""


class Document(NamedTuple):
    """A stored document. `version` is an opaque token that changes with every write of this path."""

    path: str
    data: Mapping[str, Any]
    version: str

    @property
    def id(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]


class Put(NamedTuple):
    """Write a whole document, if it is at `if_version` (None: whatever it is at).

    A document past `expires_at` reads as absent, and is removed some time later.
    """

    path: str
    data: Mapping[str, Any]
    if_version: str | Absent | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Delete:
    """Remove a document, if it is at `if_version` (None: whatever it is at; removing nothing is fine)."""

    path: str
    if_version: str | None = None


Write = Put | Delete


class PreconditionFailed(SwellError):  # noqa: N818 - an outcome to decide on, not yet a failure
    """A write of the batch did not find its document at the version it named; nothing was written.

    It can also mean that this very batch succeeded and its answer was lost: read back before undoing anything.
    """


class StateStore(Protocol):
    """Documents under slash-separated paths of collection/id pairs, as in Firestore.

    Values are JSON values. Every method raises `DependencyUnavailable` when the store does not answer.
    """

    def get(self, path: str) -> Document | None:
        """The document, or None."""
        ...

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """The documents in the order of `paths`."""
        ...

    def list(self, collection: str, *, after: str = "", limit: int = 1000) -> list[Document]:
        """The documents directly in a collection, by id, those with an id greater than `after`."""
        ...

    def commit(self, writes: Sequence[Write]) -> Sequence[str]:
        """Apply all writes or none, and return each one's new version ("" for a delete).

        Raises:
            PreconditionFailed: a document is not at the version that its write named.
        """
        ...
