"""The sweep through all shards, as far as one run comes; the next one goes on where it stopped."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Final

from functions.index_update.erasing.steps import EraseRecords
from functions.index_update.lease import LeaseHeld
from functions.index_update.sweeping.budget import Budget
from functions.index_update.sweeping.graves import ClearGraves
from functions.index_update.sweeping.shard_sweep import SweepShard
from shared.domain.collection import Collection
from shared.domain.paths import COLLECTIONS, SWEEP_CURSOR
from shared.errors import SwellError
from shared.events.index import SweepDueV1
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.state import Put, StateStore
from shared.telemetry import log

TIME: Final = timedelta(seconds=120)
"""Of the 300 s that a call may take: one listing or delete may still be going on when it is over."""

ERASING_TIME: Final = timedelta(seconds=60)
"""Of the same: after it no further step of an erasure is begun."""

DELETIONS: Final = 2_000
"""In one run: some 20 ms each, with the look at the head before it, fit into the time."""

_PAGE: Final = 100


class Sweep:
    """Handles `SweepDueV1`. Two sweeps at the same time do some work twice and no harm."""

    def __init__(
        self,
        *,
        state: StateStore,
        sweep_shard: SweepShard,
        clear_graves: ClearGraves,
        erase: EraseRecords,
        clock: Clock,
    ) -> None:
        self._state = state
        self._erase = erase
        self._sweep_shard = sweep_shard
        self._clear_graves = clear_graves
        self._clock = clock

    def __call__(self, _: SweepDueV1) -> Outcome:
        """Sweep through every collection once, or as far as time and deletions go. What fails for one is logged."""
        budget = Budget(self._clock, time=TIME, deletions=DELETIONS)
        _apart(partial(self._clear_graves, budget), "deleted collections")
        _apart(partial(self._erase.sweep, Budget(self._clock, time=ERASING_TIME, deletions=0)), "erasures")
        last = self._cursor()
        for collection in self._collections(after=last):
            if not budget.has_time:
                break
            self._sweep_collection(collection, budget)
            last = collection.name
        else:
            last = ""
        self._state.commit([Put(SWEEP_CURSOR, {"after": last})])
        return Outcome.DONE

    def _sweep_collection(self, collection: Collection, budget: Budget) -> None:
        for shard in range(collection.shards):
            _apart(partial(self._sweep_shard, collection, shard, budget), f"{collection.name}/{shard}")

    def _cursor(self) -> str:
        document = self._state.get(SWEEP_CURSOR)
        return document.data["after"] if document is not None else ""

    def _collections(self, after: str) -> Iterator[Collection]:
        while page := self._state.list(COLLECTIONS, after=after, limit=_PAGE):
            yield from (Collection.from_document(document.data) for document in page)
            after = page[-1].id


def _apart(step: Callable[[], None], what: str) -> None:
    """One shard that cannot be swept must not keep the others from it."""
    try:
        step()
    except LeaseHeld:
        return  # its holder is at work; the next sweep comes soon
    except SwellError as error:
        log("WARNING", "not swept", what=what, reason=f"{error.code}: {error}")
