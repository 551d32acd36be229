"""Making a backup: objects first, those that are there already left alone, the index last."""

import time
from collections.abc import Callable, Collection
from uuid import uuid4

from shared.domain.paths import COLLECTIONS, collection_document
from shared.errors import CorruptObject, NotFound, RevisionConflict
from shared.listing import listed
from shared.ports.clock import Clock
from shared.ports.objects import ObjectNotFound, ObjectStore
from shared.ports.state import Document, StateStore
from swell.backup.contents import STATE_COLLECTIONS, Backup, CollectionPoint
from swell.backup.moving import Mover
from swell.backup.points import current_point

_ATTEMPTS = 5


class CreateBackup:
    """From a live deployment. A crash leaves objects that the next backup finds there: it goes on from them."""

    def __init__(
        self,
        state: StateStore,
        objects: ObjectStore,
        target: ObjectStore,
        mover: Mover,
        clock: Clock,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._objects = objects
        self._target = target
        self._mover = mover
        self._clock = clock
        self._monotonic_s = monotonic_s

    def __call__(self, only: Collection[str] = ()) -> Backup:
        """Back up all collections, or `only` these.

        Raises:
            NotFound: one of them does not exist.
            RevisionConflict: a collection kept changing under the copy.
            CorruptObject: an object is damaged where it is copied from.
        """
        began, began_s = self._clock.now(), self._monotonic_s()
        for name in only:
            if self._state.get(collection_document(name)) is None:
                raise NotFound(f"collection {name!r} does not exist")
        documents = {
            document.path: dict(document.data) for kind in STATE_COLLECTIONS for document in listed(self._state, kind)
        }
        points = [
            self._bring(declared) for declared in listed(self._state, COLLECTIONS) if not only or declared.id in only
        ]
        backup = Backup(
            id=f"{began:%Y%m%dT%H%M%S.%fZ}-{uuid4().hex[:6]}",
            created_at=began.timestamp(),
            took_s=self._monotonic_s() - began_s,
            copied_bytes=self._mover.copied_bytes,
            collections=tuple(point for point in points if point is not None),
            documents=documents,
        )
        self._target.put(backup.object_name, backup.to_bytes(), if_generation=0)
        return backup

    def _bring(self, declared: Document) -> CollectionPoint | None:
        """One collection; None when it was deleted meanwhile."""
        for _ in range(_ATTEMPTS):
            try:
                point = current_point(self._state, self._objects, declared)
                for file in point.files:
                    self._mover.bring(file)
            except RevisionConflict:
                return None
            except ObjectNotFound:  # collected since: there is a newer version
                continue
            return point
        raise CorruptObject(f"collection {declared.id}: objects that its newest version names are missing")
