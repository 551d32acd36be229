"""What a rollout is and how far each shard of it is. Values, and their form in the state store."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Self

from shared.index.manifest import SegmentEntry, segment_entry

TOLERANCE: Final = 0.02
"""How far below what was asked a measured recall may be: two standard errors of 96 questions."""


class Step(StrEnum):
    """What a shard is asked to do."""

    BUILD = "build"
    VERIFY = "verify"
    FLIP = "flip"
    ROLL_BACK = "roll_back"


@dataclass(frozen=True)
class Rollout:
    """Which collection, how its segments are built, and which regions get them one after the other."""

    id: str
    collection: str
    uid: str
    shards: int
    trees: int
    waves: tuple[tuple[str, ...], ...]
    asked_at: datetime

    def to_data(self) -> dict[str, Any]:
        """The state document."""
        return {**vars(self), "waves": [",".join(wave) for wave in self.waves], "asked_at": self.asked_at.timestamp()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The rollout that a state document describes."""
        waves = tuple(tuple(wave.split(",")) for wave in data["waves"])
        return cls(**{**data, "waves": waves, "asked_at": datetime.fromtimestamp(data["asked_at"], UTC)})


@dataclass(frozen=True)
class Staged:
    """A segment that stands ready to take the place of others; None where nothing is left of them."""

    old: tuple[SegmentEntry, ...]
    new: SegmentEntry | None

    @property
    def sources(self) -> tuple[str, ...]:
        """The ids of the segments whose place it takes."""
        return tuple(entry.id for entry in self.old)


@dataclass(frozen=True)
class ShardRollout:
    """How far a shard is. `manifest` is the version that it was built from, `found` the recall by what was asked."""

    manifest: str | None = None
    version: int = 0
    is_built: bool = False
    staged: tuple[Staged, ...] = ()
    found: Mapping[str, float] = field(default_factory=dict)
    flipped: int | None = None
    rolled_back: int | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    def failed(self, step: Step, error: str) -> Self:
        """With why a step cannot be done."""
        return replace(self, errors={**self.errors, step.value: error})

    def is_done(self, step: Step, recall: float | None = None) -> bool:
        """Whether nothing is left to do of a step."""
        match step:
            case Step.BUILD:
                return self.is_built
            case Step.VERIFY:
                return found_key(recall) in self.found
            case Step.FLIP:
                return self.flipped is not None
            case Step.ROLL_BACK:
                return self.rolled_back is not None

    def to_data(self) -> dict[str, Any]:
        """The state document."""
        staged = [
            {
                "old": [asdict(entry) for entry in each.old],
                "new": None if each.new is None else asdict(each.new),
            }
            for each in self.staged
        ]
        return {**vars(self), "staged": staged, "found": dict(self.found), "errors": dict(self.errors)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What a state document describes."""
        staged = tuple(
            Staged(
                old=tuple(segment_entry(entry) for entry in each["old"]),
                new=None if each["new"] is None else segment_entry(each["new"]),
            )
            for each in data["staged"]
        )
        return cls(**{**data, "staged": staged})


def found_key(recall: float | None) -> str:
    """How a recall that was asked for is named in a document."""
    return f"r{round((recall or 0) * 1000):04d}"
