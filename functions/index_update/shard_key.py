"""Which shard: part of the names of all that belongs to it."""

from dataclasses import dataclass

from shared.domain.paths import shard_prefix


@dataclass(frozen=True)
class ShardKey:
    """One shard of one incarnation of a collection."""

    collection: str
    uid: str
    shard: int

    @property
    def prefix(self) -> str:
        """All objects of the shard stand under this."""
        return shard_prefix(self.collection, self.uid, self.shard)

    def __str__(self) -> str:
        return f"{self.collection}/{self.shard}"
