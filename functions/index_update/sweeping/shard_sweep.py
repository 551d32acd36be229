"""The sweep of one shard: announce merges whose announcement may be lost, remove garbage from time to time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from functions.index_update.announcements import Announcements
from functions.index_update.home_check import HomeCheck
from functions.index_update.merge_choice import is_at_rest
from functions.index_update.sweeping.budget import Budget
from functions.index_update.sweeping.collect import Collected, CollectGarbage
from shared.domain.collection import Collection
from shared.domain.paths import head_document, sweep_document
from shared.index.compaction import CompactionPolicy, plan_compaction
from shared.manifests import Head, ManifestReader
from shared.ports.clock import Clock
from shared.ports.state import Put, StateStore

COLLECT_EVERY: Final = timedelta(hours=1)
"""Between two garbage collections of a shard: listing all objects of one with a week of history costs 0.1 cents."""


@dataclass(frozen=True)
class SweepRecord:
    """The last garbage collection of a shard."""

    uid: str = ""
    version: int = -1
    collected_at: float = 0.0
    """Seconds since 1970."""
    is_complete: bool = False
    is_at_rest: bool = False

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The record that a state document holds."""
        return cls(**data)

    def is_due(self, uid: str, version: int, now: datetime) -> bool:
        """Whether garbage should be looked for: an hour has passed, and not in a shard that stands still clean."""
        if uid != self.uid or not self.is_complete:
            return True
        if self.is_at_rest and version == self.version:
            return False
        return now.timestamp() - self.collected_at >= COLLECT_EVERY.total_seconds()


class SweepShard:
    """Looks at one shard. Everything it does can be done again, and left to the next sweep."""

    def __init__(
        self,
        *,
        state: StateStore,
        manifests: ManifestReader,
        collect: CollectGarbage,
        announcements: Announcements,
        clock: Clock,
        policy: CompactionPolicy,
        home: HomeCheck,
    ) -> None:
        self._state = state
        self._manifests = manifests
        self._collect = collect
        self._announcements = announcements
        self._clock = clock
        self._policy = policy
        self._home = home

    def __call__(self, collection: Collection, shard: int, budget: Budget) -> None:
        """Sweep.

        Raises:
            LeaseHeld: the shard is being worked on; its garbage can wait.
            CorruptObject: a manifest cannot be read.
        """
        found, recorded = self._state.get_many(
            [head_document(collection.name, shard), sweep_document(collection.name, shard)]
        )
        if found is None or found.data["uid"] != collection.uid or not self._home.is_here(found):
            return
        head = Head.from_document(found)
        record = SweepRecord.from_data(recorded.data) if recorded is not None else SweepRecord()
        is_due = record.is_due(collection.uid, head.version, self._clock.now())
        self._announce_merges(collection, shard, head, also_busy=is_due)
        if is_due:
            collected = self._collect(collection, shard, budget)
            if collected is not None:
                self._record(collection, shard, collected)

    def _announce_merges(self, collection: Collection, shard: int, head: Head, *, also_busy: bool) -> None:
        now = self._clock.now()
        if head.settled_version == head.version or head.lease.expires_at > now.timestamp():
            return
        manifest = self._manifests.read(collection, shard, head)
        is_thorough = also_busy or is_at_rest(head, now)
        if is_thorough or plan_compaction(manifest, self._policy) is not None:
            self._announcements.compaction_due(manifest, is_thorough=is_thorough)

    def _record(self, collection: Collection, shard: int, collected: Collected) -> None:
        record = SweepRecord(
            uid=collection.uid,
            version=collected.version,
            collected_at=self._clock.now().timestamp(),
            is_complete=collected.is_complete,
            is_at_rest=collected.is_at_rest,
        )
        self._state.commit([Put(sweep_document(collection.name, shard), vars(record))])
