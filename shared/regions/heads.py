"""The regional head: which version of a shard a region has whole in its own bucket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from shared.ports.state import Document


@dataclass(frozen=True)
class RegionalHead:
    """A version that can be served here: every object of it was copied and checked before this was written.

    It holds what a home head holds for a reader (`uid`, `version`, `manifest`, `commit_id`), so it can be read as one.
    `source` is the region it was copied from, `sweeps` counts the removals that began: see `sweep`.
    """

    uid: str
    version: int
    manifest: str
    commit_id: str
    source: str
    committed_at: datetime
    """When the home region stored the manifest, by its bucket's clock."""
    replicated_at: datetime
    """When this region had everything, by its function's clock."""
    sweeps: int = 0
    abandoned_since: datetime | None = None
    """When it was first seen that the collection is gone."""
    former: Mapping[str, datetime] = field(default_factory=dict)
    """Incarnations whose objects are still here, and when the last reader can have opened them."""

    @property
    def lag_s(self) -> float:
        """From the commit at home to being served here. The two clocks may differ; it is never negative."""
        return max(0.0, (self.replicated_at - self.committed_at).total_seconds())

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """The head that a state document describes."""
        data: Mapping[str, Any] = document.data
        return cls(
            uid=data["uid"],
            version=data["version"],
            manifest=data["manifest"],
            commit_id=data["commit_id"],
            source=data["source"],
            committed_at=datetime.fromtimestamp(data["committed_at"], UTC),
            replicated_at=datetime.fromtimestamp(data["replicated_at"], UTC),
            sweeps=data["sweeps"],
            abandoned_since=_moment(data["abandoned_since"]),
            former={uid: datetime.fromtimestamp(since, UTC) for uid, since in data["former"].items()},
        )

    def to_document(self) -> dict[str, Any]:
        """The state document of this head; times are seconds since 1970, `lag_s` is there for dashboards."""
        return {
            "uid": self.uid,
            "version": self.version,
            "manifest": self.manifest,
            "commit_id": self.commit_id,
            "source": self.source,
            "committed_at": self.committed_at.timestamp(),
            "replicated_at": self.replicated_at.timestamp(),
            "lag_s": self.lag_s,
            "sweeps": self.sweeps,
            "abandoned_since": self.abandoned_since.timestamp() if self.abandoned_since else None,
            "former": {uid: since.timestamp() for uid, since in self.former.items()},
        }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
