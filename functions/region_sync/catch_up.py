"""Finding what a region has missed, from heads alone: no event is needed for a region to become right."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from functions.region_sync.follow import log_sync
from functions.region_sync.shard_view import ShardKey
from functions.region_sync.sync_shard import SyncReason, SyncShard
from shared.domain.paths import COLLECTIONS, head_document
from shared.errors import CorruptObject, TransientError
from shared.listing import listed
from shared.ports.state import Document, StateStore
from shared.regions.homes import home_of
from shared.regions.paths import regional_heads
from shared.telemetry import log

_NOT_OURS: Final = frozenset({SyncReason.NOT_FOLLOWED_HERE, SyncReason.HOME_IS_HERE, SyncReason.COLLECTION_GONE})


@dataclass(frozen=True)
class CaughtUp:
    """What one look at all shards came to.

    `lags_s`: of every shard that has a copy here, how long its newest version took. `waiting_s`: for how long, at
    least, the newest commit that could not be copied has been waiting.
    """

    behind: int = 0
    synced: int = 0
    failed: int = 0
    lags_s: tuple[float, ...] = ()
    waiting_s: float = 0.0


@dataclass(frozen=True)
class _Pair:
    """A shard at home and here."""

    key: ShardKey
    committed: Document
    here: Document | None

    @property
    def is_behind(self) -> bool:
        served = self.here.data["version"] if self.here is not None else 0
        return bool(self.committed.data["version"] > served)


class CatchUp:
    """Compares the heads of home with those of one region, and syncs what differs."""

    def __init__(
        self,
        *,
        region: str,
        home_region: str,
        state: StateStore,
        sync: SyncShard,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._region = region
        self._home_region = home_region
        self._state = state
        self._sync = sync
        self._now_s = now_s

    def __call__(self) -> CaughtUp:
        """Sync every shard that is behind. One that fails does not hold up the others; the next tick tries again."""
        own = {document.id: document for document in listed(self._state, regional_heads(self._region))}
        behind = synced = failed = 0
        lags_s: list[float] = []
        waiting_s = 0.0
        for declared in listed(self._state, COLLECTIONS):
            for pair in self._followed(declared, own):
                if not pair.is_behind:
                    if pair.here is not None:
                        lags_s.append(pair.here.data["lag_s"])
                    continue
                try:
                    report = self._sync(pair.key, patient=False)
                except (CorruptObject, TransientError) as error:
                    behind, failed = behind + 1, failed + 1
                    waiting_s = max(waiting_s, self._now_s() - pair.committed.data.get("written_at", self._now_s()))
                    reason = f"{error.code}: {error}"
                    log("ERROR", "sync failed", region=self._region, shard=str(pair.key), reason=reason)
                    continue
                behind += report.reason not in _NOT_OURS
                synced += report.reason is SyncReason.COPIED
                lags_s += [report.lag_s] if report.lag_s is not None else []
                log_sync(self._region, pair.key, report)
        return CaughtUp(behind, synced, failed, tuple(lags_s), waiting_s)

    def _followed(self, declared: Document, own: dict[str, Document]) -> Iterator[_Pair]:
        """The shards of a collection whose home is elsewhere."""
        name, uid = declared.id, declared.data["uid"]
        shards = range(declared.data["shards"])
        for shard, head in zip(
            shards, self._state.get_many([head_document(name, each) for each in shards]), strict=True
        ):
            if head is None or head.data["uid"] != uid or home_of(head.data, self._home_region).region == self._region:
                continue
            here = own.get(f"{name}~{shard}")
            copy = here if here is not None and here.data["uid"] == uid else None
            yield _Pair(ShardKey(name, uid, shard), head, copy)
