"""The backups in a bucket or directory."""

from shared.domain.paths import head_document
from shared.errors import NotFound
from shared.ports.objects import ObjectNotFound, ObjectStore
from shared.ports.state import StateStore
from swell.backup.contents import PREFIX, Backup, CollectionPoint


def backups(target: ObjectStore) -> list[Backup]:
    """All of them, oldest first.

    Raises:
        CorruptObject: an index is damaged.
    """
    return [Backup.from_bytes(target.read(info.name), info.name) for info in target.list(PREFIX)]


def find_backup(target: ObjectStore, backup_id: str | None) -> Backup:
    """One backup, or the newest.

    Raises:
        NotFound: there is none.
        CorruptObject: its index is damaged.
    """
    if backup_id is None:
        names = [info.name for info in target.list(PREFIX)]
        if not names:
            raise NotFound("there is no backup here")
        return Backup.from_bytes(target.read(names[-1]), names[-1])
    name = f"{PREFIX}{backup_id}.json"
    try:
        return Backup.from_bytes(target.read(name), name)
    except ObjectNotFound:
        raise NotFound(f"there is no backup {backup_id!r} here") from None


def versions_since(point: CollectionPoint, state: StateStore) -> int:
    """How many commits a return to this point would lose now; those of a later incarnation do not count."""
    backed = {shard.shard: shard.head["version"] for shard in point.shards}
    lost = 0
    for shard in range(point.declaration["shards"]):
        head = state.get(head_document(point.name, shard))
        if head is not None and head.data["uid"] == point.declaration["uid"]:
            lost += max(0, head.data["version"] - backed.get(shard, 0))
    return lost
