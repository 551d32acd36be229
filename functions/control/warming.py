"""Has a region open collections before they are asked for: a task each, waited for."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from shared.coordination.membership import Membership
from shared.coordination.tasks.desk import TaskDesk
from shared.coordination.tasks.task import Strategy, Task, TaskKind, TaskState
from shared.domain.collection import Collection
from shared.domain.paths import COLLECTIONS
from shared.listing import listed
from shared.ports.clock import Clock
from shared.ports.state import StateStore

WAIT_S: Final = 240.0
"""Shorter than the 300 s that the workflow gives a request."""
_PAUSE_S: Final = 1.0
_PRIORITY: Final = 9


class WarmRegion:
    """Warms at most so many collections, the most recently declared first: requests by collection are not counted.

    A region that has not been heard has nobody to do it: its instances open collections when they are asked.
    """

    def __init__(
        self,
        state: StateStore,
        membership: Membership,
        desk: TaskDesk,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._state = state
        self._membership = membership
        self._desk = desk
        self._clock = clock
        self._pause = pause

    def __call__(self, region: str, collections: int, key: str) -> dict[str, Any]:
        """How many collections were opened, and how many were not within the time."""
        if self._membership.get(region) is None:
            return {"warmed": 0, "not_warmed": 0, "detail": "the region has not been heard, so nobody can be asked"}
        tasks = [self._asked(region, collection, key) for collection in self._newest(collections)]
        self._desk.give_out()
        deadline_s = time.monotonic() + WAIT_S
        while True:
            standing = [self._desk.get(task.id) for task in tasks]
            if all(task.is_over for task in standing) or time.monotonic() >= deadline_s:
                break
            self._pause(_PAUSE_S)
        warmed = sum(task.state is TaskState.DONE for task in standing)
        return {"warmed": warmed, "not_warmed": len(standing) - warmed}

    def _asked(self, region: str, collection: Collection, key: str) -> Task:
        now = self._clock.now()
        return self._desk.submit(
            Task(
                id=f"warm-{key}-{region}-{collection.uid[:12]}",
                kind=TaskKind.WARM,
                collection=collection.name,
                shard=0,
                region=region,
                priority=_PRIORITY,
                strategy=Strategy.LEAST_LOADED,
                asked_at=now,
                deadline=now + timedelta(seconds=WAIT_S),
            )
        )

    def _newest(self, most: int) -> list[Collection]:
        found = [Collection.from_document(document.data) for document in listed(self._state, COLLECTIONS)]
        return sorted(found, key=lambda collection: collection.created_at, reverse=True)[:most]
