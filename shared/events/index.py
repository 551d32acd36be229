"""What happens to the index of a shard."""

from typing import ClassVar

from shared.events.event import Event


class CompactionDueV1(Event):
    """The segments of a shard have passed a compaction threshold at `version`."""

    type: ClassVar[str] = "dev.swell.index.compaction_due.v1"
    topic: ClassVar[str] = "compactions"
    source: ClassVar[str] = "//swell.dev/functions/index_update"

    collection: str
    uid: str
    shard: int
    version: int

    @property
    def ordering_key(self) -> str:
        """One key per shard."""
        return f"{self.collection}/{self.shard}"


class ShardCommittedV1(Event):
    """A shard has moved to `version`, described by `manifest`; state, not a delta, so repeats are harmless."""

    type: ClassVar[str] = "dev.swell.index.shard_committed.v1"
    topic: ClassVar[str] = "commits"
    source: ClassVar[str] = "//swell.dev/functions/index_update"

    collection: str
    uid: str
    shard: int
    version: int
    manifest: str

    @property
    def ordering_key(self) -> str:
        """One key per shard."""
        return f"{self.collection}/{self.shard}"
