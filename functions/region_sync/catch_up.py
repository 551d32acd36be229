"""Finding what a region has missed, from heads alone: no event is needed for a region to become right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from functions.region_sync.follow import log_sync
from functions.region_sync.shard_view import ShardKey
from functions.region_sync.sync_shard import SyncReason, SyncShard
from shared.domain.paths import head_document
from shared.errors import CorruptObject, TransientError
from shared.listing import listed
from shared.ports.state import Document, StateStore
from shared.regions.paths import regional_heads
from shared.telemetry import log

COLLECTIONS: Final = "collections"


@dataclass(frozen=True)
class CaughtUp:
    """What one look at all shards came to."""

    behind: int = 0
    synced: int = 0
    failed: int = 0


class CatchUp:
    """Compares the heads of home with those of one region, and syncs what differs."""

    def __init__(self, *, region: str, state: StateStore, sync: SyncShard) -> None:
        self._region = region
        self._state = state
        self._sync = sync

    def __call__(self) -> CaughtUp:
        """Sync every shard that is behind. One that fails does not hold up the others; the next tick tries again."""
        own = {document.id: document for document in listed(self._state, regional_heads(self._region))}
        behind = synced = failed = 0
        for declared in listed(self._state, COLLECTIONS):
            for key in self._behind(declared, own):
                behind += 1
                try:
                    report = self._sync(key, patient=False)
                except (CorruptObject, TransientError) as error:
                    failed += 1
                    log("ERROR", "sync failed", region=self._region, shard=str(key), reason=f"{error.code}: {error}")
                else:
                    synced += report.reason is SyncReason.COPIED
                    log_sync(self._region, key, report)
        return CaughtUp(behind, synced, failed)

    def _behind(self, declared: Document, own: dict[str, Document]) -> Iterator[ShardKey]:
        name, uid = declared.id, declared.data["uid"]
        shards = range(declared.data["shards"])
        for shard, head in zip(
            shards, self._state.get_many([head_document(name, each) for each in shards]), strict=True
        ):
            here = own.get(f"{name}~{shard}")
            served = here.data["version"] if here is not None and here.data["uid"] == uid else 0
            if head is not None and head.data["uid"] == uid and head.data["version"] > served:
                yield ShardKey(name, uid, shard)
