"""Looking up the declaration of a collection."""

from shared.domain.collection import Collection
from shared.domain.paths import collection_document
from shared.errors import NotFound
from shared.ports.state import StateStore


def load_collection(state: StateStore, name: str) -> Collection:
    """The declared collection.

    Raises:
        NotFound: there is no collection of this name.
    """
    document = state.get(collection_document(name))
    if document is None:
        raise NotFound(f"collection {name!r} does not exist")
    return Collection.from_document(document.data)
