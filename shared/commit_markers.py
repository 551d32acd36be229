"""Commit markers: that an event has been committed, at which version, and what became of its records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class CommitMarker:
    """Written in the batch that commits its event, so it exists exactly if the event took effect.

    Records are named by their place in the event's `Mutations.ids`: 8 bytes each however long their ids are,
    so a marker stays small with the largest request.
    """

    version: int
    commit_id: str
    payload_sha256: str
    conflicts: Sequence[int] = ()
    """Records that were not at the version that the write named; nothing of them was changed."""
    missing: Sequence[int] = ()
    """Records to be updated that did not exist."""
    deleted: int = 0
    """Records that a filter deleted."""

    def to_document(self) -> dict[str, Any]:
        """The state document of this marker."""
        return {
            "version": self.version,
            "commit_id": self.commit_id,
            "payload_sha256": self.payload_sha256,
            "conflicts": list(self.conflicts),
            "missing": list(self.missing),
            "deleted": self.deleted,
        }

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Self:
        """The marker that a state document describes."""
        return cls(
            version=data["version"],
            commit_id=data["commit_id"],
            payload_sha256=data["payload_sha256"],
            conflicts=data["conflicts"],
            missing=data["missing"],
            deleted=data["deleted"],
        )
