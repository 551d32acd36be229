"""Looking up the declarations of collections."""

from collections.abc import Iterator
from typing import Final

from shared.auth.caller import Caller
from shared.domain.collection import Collection
from shared.domain.paths import collection_document
from shared.domain.tenancy import listing_start, public_name
from shared.errors import NotFound
from shared.ports.state import StateStore

_PAGE: Final = 500


def load_collection(state: StateStore, name: str) -> Collection:
    """The declared collection.

    Raises:
        NotFound: there is no collection of this name.
    """
    document = state.get(collection_document(name))
    if document is None:
        raise NotFound(f"collection {public_name(name)!r} does not exist")
    return Collection.from_document(document.data)


def visible_collections(state: StateStore, caller: Caller) -> Iterator[Collection]:
    """The collections that a caller sees, by name; only its own tenant's are read, save for the default tenant."""
    after = listing_start(caller.tenant)
    while page := state.list("collections", after=after, limit=_PAGE):
        for document in page:
            if not document.id.startswith(listing_start(caller.tenant)):
                return
            if caller.owns(document.id):
                yield Collection.from_document(document.data)
        if len(page) < _PAGE:
            return
        after = page[-1].id
