"""Declaring and deleting collections."""

from typing import Any
from uuid import uuid4

from shared.collections import load_collection
from shared.domain.collection import Collection
from shared.domain.paths import collection_document, grave_document, head_document
from shared.domain.tenancy import public_name
from shared.errors import Conflict, NotFound
from shared.manifests import Head
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, Delete, PreconditionFailed, Put, StateStore
from shared.regions.homes import Home
from shared.regions.paths import replication_document


class CollectionRegister:
    """The declared collections and the heads of their shards."""

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def declare(self, declaration: Collection, home: str | None = None) -> tuple[Collection, bool]:
        """The collection, and whether it is new. Declaring the same again changes nothing.

        `home`: where a new one commits, until that is moved; by default in the home region of the topology.

        Raises:
            Conflict: a collection of this name exists with another declaration.
        """
        fresh = Collection(
            name=declaration.name,
            uid=uuid4().hex,
            dimension=declaration.dimension,
            metric=declaration.metric,
            shards=declaration.shards,
            attributes=declaration.attributes,
            created_at=self._clock.now().isoformat(),
        )
        head = Head(fresh.uid, 0, None, home=None if home is None else Home(home, 0)).to_document()
        heads = [Put(head_document(fresh.name, shard), head) for shard in range(fresh.shards)]
        try:
            self._state.commit([Put(collection_document(fresh.name), fresh.to_document(), if_version=ABSENT), *heads])
        except PreconditionFailed:
            # Another request declared it, or this very batch succeeded and its answer was lost.
            return self._agree(fresh)
        return fresh, True

    def _agree(self, wanted: Collection) -> tuple[Collection, bool]:
        existing = load_collection(self._state, wanted.name)
        if not existing.same_declaration(wanted):
            raise Conflict(
                f"collection {public_name(wanted.name)!r} exists with dimension {existing.dimension}, "
                f"metric {existing.metric}, {existing.shards} shard(s) and {_described(existing)}"
            )
        return existing, existing.uid == wanted.uid

    def delete(self, name: str) -> None:
        """Remove a collection: at once for readers and writers, its objects after the grace period.

        Raises:
            NotFound: there is no collection of this name.
        """
        document = self._state.get(collection_document(name))
        if document is None:
            raise NotFound(f"collection {public_name(name)!r} does not exist")
        collection = Collection.from_document(document.data)
        try:
            self._state.commit(
                [
                    Delete(document.path, if_version=document.version),
                    Put(grave_document(collection.uid), self._grave(collection)),
                    *(Delete(head_document(name, shard)) for shard in range(collection.shards)),
                    Delete(replication_document(name)),  # or the next of this name would inherit it
                ]
            )
        except PreconditionFailed:
            raise NotFound(f"collection {public_name(name)!r} was deleted by another request") from None

    def _grave(self, collection: Collection) -> dict[str, Any]:
        return {"collection": collection.name, "uid": collection.uid, "deleted_at": self._clock.now().timestamp()}


def _described(collection: Collection) -> str:
    names = [f"{name} ({kind.value})" for name, kind in collection.attributes.items()]
    return f"attributes {', '.join(names)}" if names else "no attributes"
