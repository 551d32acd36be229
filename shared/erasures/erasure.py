"""An erasure, and how far each shard and each regional copy is. None of them names a record.

An erased record is known by its revisions alone: the erasure's delete gave it a tombstone of the erasure's revision,
so whatever is stored of it is older than that and superseded by something that is not.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

_NOTHING: Final[Mapping[str, int]] = {}


class Stage(StrEnum):
    """Where a shard stands. They follow one another."""

    REWRITING = "rewriting"
    """The delete waits for its commit, or segments that hold erased records wait to be rewritten."""
    AGEING = "ageing"
    """No version from `version` on holds them; what older ones consist of is kept for readers a while longer."""
    ERASED = "erased"
    """A look found neither vectors nor attributes; ids stay in tombstones until no write can arrive late any more."""
    FORGETTING = "forgetting"
    """No version from `version` on holds the tombstones; what older ones consist of is still there."""
    PROVEN = "proven"
    """A look found nothing, ids included."""
    COLLECTION_DELETED = "collection_deleted"
    """Nothing to do: the objects of a deleted collection go as a whole."""
    FAILED = "failed"
    """The delete was not committed while it could be: ask again."""


ENDED: Final = frozenset({Stage.PROVEN, Stage.COLLECTION_DELETED, Stage.FAILED})
"""Nothing more happens."""

CLEARED: Final = frozenset({Stage.AGEING, Stage.FORGETTING})
"""What is old is going."""


@dataclass(frozen=True)
class Erasure:
    """What was asked for."""

    id: str
    collection: str
    uid: str
    revision: int
    """Of the delete, in microseconds since 1970."""
    event_ids: Mapping[int, str]
    """The event of the delete, by shard; shards that cannot hold the records are left out."""

    @property
    def requested_at(self) -> float:
        """Seconds since 1970."""
        return self.revision / 1_000_000

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The erasure that a state document holds."""
        events = {int(shard): event_id for shard, event_id in data["event_ids"].items()}
        return cls(data["id"], data["collection"], data["uid"], data["revision"], events)

    def to_data(self) -> dict[str, Any]:
        """The state document of this erasure."""
        return {**asdict(self), "event_ids": {str(shard): event for shard, event in self.event_ids.items()}}


@dataclass(frozen=True)
class ShardErasure:
    """How far one shard is."""

    stage: Stage = Stage.REWRITING
    version: int = 0
    """The first version without the records, once there is one."""
    cleared_at: float = 0.0
    """When that version was committed; seconds since 1970, like the other times."""
    left: tuple[str, ...] | None = None
    """Segments to be rewritten in this stage; None before they were looked for."""
    remains: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    """What the last look found, by kind."""
    looked_at: float = 0.0
    erased_at: float = 0.0
    proven_at: float = 0.0

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The progress that a state document holds."""
        left = data["left"]
        return cls(**{**data, "stage": Stage(data["stage"]), "left": None if left is None else tuple(left)})

    def to_data(self) -> dict[str, Any]:
        """The state document of this progress."""
        return {**asdict(self), "stage": self.stage.value, "left": None if self.left is None else list(self.left)}


@dataclass(frozen=True)
class RegionErasure:
    """What a region says of its copy of one shard: that nothing older than `version` is in its bucket, or how much."""

    version: int
    seen_at: float
    """When the region was first seen to serve that version."""
    remains: int
    looked_at: float

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The report that a state document holds."""
        return cls(**data)

    def to_data(self) -> dict[str, Any]:
        """The state document of this report."""
        return asdict(self)
