"""What happens to the index of a shard."""

from typing import ClassVar

from shared.events.event import Tick
from shared.events.shard import ShardEvent


class CompactionDueV1(ShardEvent):
    """The segments of a shard have passed a compaction threshold at `version`."""

    type: ClassVar[str] = "dev.swell.index.compaction_due.v1"
    topic: ClassVar[str] = "compactions"
    source: ClassVar[str] = "//swell.dev/functions/index_update"

    version: int
    """The version at which it was due; what is merged is planned on the version that is current then."""
    is_thorough: bool = False
    """Whether replaced and deleted rows are counted, and the segments of a shard at rest merged, however few."""


class ErasureDueV1(ShardEvent):
    """Records of a shard are to be erased, as far as they are; the erasure says how far that is."""

    type: ClassVar[str] = "dev.swell.index.erasure_due.v1"
    topic: ClassVar[str] = "compactions"
    source: ClassVar[str] = "//swell.dev/functions/ingest"

    erasure: str
    """The id of the erasure."""


class ShardCommittedV1(ShardEvent):
    """A shard has moved to `version`, described by `manifest`; state, not a delta, so repeats are harmless."""

    type: ClassVar[str] = "dev.swell.index.shard_committed.v1"
    topic: ClassVar[str] = "commits"
    source: ClassVar[str] = "//swell.dev/functions/index_update"

    version: int
    """The committed version; it only grows."""
    manifest: str
    """The object that describes this version."""


class SweepDueV1(Tick):
    """It is time to look through all shards for what was left undone: compactions, garbage, erasures."""

    type: ClassVar[str] = "dev.swell.index.sweep_due.v1"
    topic: ClassVar[str] = "sweeps"
    source: ClassVar[str] = "//swell.dev/schedules/sweep"
