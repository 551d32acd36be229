"""Objects of deleted collections, removed once nobody can read or write them any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from functions.index_update.sweeping.budget import Budget
from functions.index_update.sweeping.retention import Retention
from shared.domain.paths import GRAVES, collection_document, incarnation_prefix
from shared.ports.clock import Clock
from shared.ports.objects import ObjectStore
from shared.ports.state import Delete, Document, StateStore


@dataclass(frozen=True)
class Grave:
    """A deleted collection whose objects may still be there."""

    collection: str
    uid: str
    deleted_at: datetime

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The grave that a state document holds."""
        return cls(data["collection"], data["uid"], datetime.fromtimestamp(data["deleted_at"], UTC))


class ClearGraves:
    """Removes what deleted collections left.

    A commit to a deleted collection cannot take place, as its head is gone; whatever was being uploaded when it was
    deleted is there one life of a function later. So after that and another such life for readers, a prefix that
    is empty stays empty.
    """

    def __init__(self, *, state: StateStore, objects: ObjectStore, clock: Clock, retention: Retention) -> None:
        self._state = state
        self._objects = objects
        self._clock = clock
        self._retention = retention

    def __call__(self, budget: Budget) -> None:
        """Clear as many graves as the budget allows."""
        for document in self._state.list(GRAVES):
            grave = Grave.from_data(document.data)
            if not budget.has_time:
                return
            if grave.deleted_at < self._clock.now() - self._retention.readers:
                self._clear(document, grave, budget)

    def _clear(self, document: Document, grave: Grave, budget: Budget) -> None:
        current = self._state.get(collection_document(grave.collection))
        if current is not None and current.data["uid"] == grave.uid:
            return  # a collection that lives has no grave; whatever wrote this one, its objects are not ours to remove
        for info in self._objects.list(incarnation_prefix(grave.collection, grave.uid)):
            if not budget.take_deletion():
                return
            self._objects.delete(info.name)
        self._state.commit([Delete(document.path)])
