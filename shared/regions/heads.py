"""The regional head: which version of a shard a region has whole in its own bucket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from shared.ports.state import Document

Former = dict[str, datetime | None]
"""Incarnations that are gone but whose objects are still here, and since when, once a sweep has seen it."""


@dataclass(frozen=True)
class Mark:
    """The version that was served at a moment, for the sweep that comes an hour later."""

    manifest: str
    at: datetime


@dataclass(frozen=True)
class RegionalHead:
    """A version that can be served here: every object of it was copied and checked before this was written.

    It holds what a home head holds for a reader (`uid`, `version`, `manifest`, `commit_id`), so it can be read as one.
    `source` is the region it was copied from. `mark`, `abandoned_since` and `former` belong to the sweep.
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
    mark: Mark | None = None
    abandoned_since: datetime | None = None
    """When it was first seen that the collection is gone."""
    former: Former = field(default_factory=dict)

    @property
    def lag_s(self) -> float:
        """From the commit at home to being served here. The two clocks may differ; it is never negative."""
        return max(0.0, (self.replicated_at - self.committed_at).total_seconds())

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """The head that a state document describes."""
        data: Mapping[str, Any] = document.data
        mark = data["mark"]
        return cls(
            uid=data["uid"],
            version=data["version"],
            manifest=data["manifest"],
            commit_id=data["commit_id"],
            source=data["source"],
            committed_at=datetime.fromtimestamp(data["committed_at"], UTC),
            replicated_at=datetime.fromtimestamp(data["replicated_at"], UTC),
            mark=Mark(mark["manifest"], datetime.fromtimestamp(mark["at"], UTC)) if mark else None,
            abandoned_since=_moment(data["abandoned_since"]),
            former={uid: _moment(since) for uid, since in data["former"].items()},
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
            "mark": {"manifest": self.mark.manifest, "at": self.mark.at.timestamp()} if self.mark else None,
            "abandoned_since": _seconds(self.abandoned_since),
            "former": {uid: _seconds(since) for uid, since in self.former.items()},
        }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
