"""What every event about one shard has."""

from shared.events.event import Event


class ShardEvent(Event):
    """Something happened to one shard of one incarnation of a collection."""

    collection: str
    """The name of the collection."""
    uid: str
    """Which collection of that name: an event of a deleted one never reaches its successor."""
    shard: int
    """The shard's number, from 0."""

    @property
    def ordering_key(self) -> str:
        """One key per shard."""
        return f"{self.collection}/{self.shard}"
