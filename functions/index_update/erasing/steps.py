"""Taking an erasure on: by its event right after the request, and by the sweep ever after."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from functions.index_update.erasing.clear import ClearShard, DeletePending
from functions.index_update.erasing.look import LookForRemains
from functions.index_update.lease import LeaseHeld
from functions.index_update.sweeping.budget import Budget
from functions.index_update.sweeping.collect import CollectGarbage
from functions.index_update.sweeping.retention import Retention
from shared.domain.collection import Collection
from shared.domain.paths import collection_document
from shared.erasures.erasure import CLEARED, ENDED, Erasure, ShardErasure, Stage
from shared.erasures.store import Erasures
from shared.errors import SwellError
from shared.events.index import ErasureDueV1
from shared.events.mutations import MutationsAcceptedV1
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.state import StateStore
from shared.telemetry import log

BUDGET_TIME: Final = timedelta(seconds=60)
BUDGET_DELETIONS: Final = 1_000
"""Of one garbage collection before a look; what it leaves is found, and gone by one of the next."""


class EraseRecords:
    """Handles `ErasureDueV1`, and what the sweep finds open. Every step can be taken twice, or again after a crash."""

    def __init__(
        self,
        *,
        state: StateStore,
        erasures: Erasures,
        clear: ClearShard,
        look: LookForRemains,
        collect: CollectGarbage,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._state = state
        self._erasures = erasures
        self._clear = clear
        self._look = look
        self._collect = collect
        self._clock = clock
        self._retention = retention

    def __call__(self, event: ErasureDueV1) -> Outcome:
        """Take one shard on as far as it goes now.

        Raises:
            TransientError: it cannot go on yet; redelivery, or the sweep, tries again.
        """
        erasure = self._erasures.find(event.erasure)
        if erasure is None or event.shard not in erasure.event_ids:
            return Outcome.STALE
        before = self._erasures.shards(erasure)[event.shard]
        if before.stage is not Stage.REWRITING:
            return Outcome.DUPLICATE
        after = self._step(erasure, event.shard, before)
        return Outcome.DONE if after != before else Outcome.DUPLICATE

    def sweep(self, budget: Budget) -> None:
        """Take every open erasure on, as far as the budget goes; what fails for one shard is logged."""
        for erasure in self._erasures.open():
            shards = dict(self._erasures.shards(erasure))
            for shard, at in shards.items():
                if budget.has_time and at.stage not in ENDED:
                    shards[shard] = self._step_apart(erasure, shard, at)
            if all(at.stage in ENDED for at in shards.values()):
                self._erasures.close(erasure)

    def _step_apart(self, erasure: Erasure, shard: int, at: ShardErasure) -> ShardErasure:
        try:
            after = self._step(erasure, shard, at)
        except LeaseHeld:
            return at  # its holder is at work; the next sweep comes soon
        except SwellError as error:
            log("WARNING", "not erased", erasure=erasure.id, shard=shard, reason=f"{error.code}: {error}")
            return at
        if after.stage is not at.stage:
            log("INFO", "erasure moved", erasure=erasure.id, shard=shard, stage=after.stage.value)
        return after

    def _step(self, erasure: Erasure, shard: int, at: ShardErasure) -> ShardErasure:
        declared = self._state.get(collection_document(erasure.collection))
        if declared is None or declared.data["uid"] != erasure.uid:
            return self._move(erasure, shard, at, stage=Stage.COLLECTION_DELETED)
        collection = Collection.from_document(declared.data)
        if at.stage in CLEARED:
            return self._look_again(erasure, collection, shard, at)
        if at.stage is Stage.ERASED and self._clock.now() < self._late_writes_end(erasure):
            return at
        try:
            return self._clear(erasure, collection, shard, at)
        except DeletePending:
            if self._clock.now() < self._late_writes_end(erasure):
                raise
            return self._move(erasure, shard, at, stage=Stage.FAILED)

    def _look_again(self, erasure: Erasure, collection: Collection, shard: int, at: ShardErasure) -> ShardErasure:
        if self._clock.now() < self._look.due_at(at):
            return at
        budget = Budget(self._clock, time=BUDGET_TIME, deletions=BUDGET_DELETIONS)
        if self._collect(collection, shard, budget) is None:
            return at  # the shard is gone, or its home has moved
        remains, now_s = self._look(erasure, collection, shard, at), self._clock.now().timestamp()
        if remains:
            return self._move(erasure, shard, at, remains=remains, looked_at=now_s)
        if at.stage is Stage.AGEING:
            return self._move(
                erasure, shard, at, stage=Stage.ERASED, remains={}, looked_at=now_s, erased_at=now_s, left=None
            )
        return self._move(erasure, shard, at, stage=Stage.PROVEN, remains={}, looked_at=now_s, proven_at=now_s)

    def _late_writes_end(self, erasure: Erasure) -> datetime:
        """When no delivery of a write that was accepted before the erasure is taken any more."""
        return datetime.fromtimestamp(erasure.requested_at, UTC) + MutationsAcceptedV1.max_age + self._retention.grace

    def _move(self, erasure: Erasure, shard: int, at: ShardErasure, **changes: Any) -> ShardErasure:
        def changed(now: ShardErasure) -> ShardErasure | None:
            return replace(now, **changes) if now.stage is at.stage else None

        return self._erasures.move(erasure, shard, changed)
