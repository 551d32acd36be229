"""Reading a collection of documents to its end."""

from collections.abc import Iterator
from typing import Final

from shared.ports.state import Document, StateStore

PAGE: Final = 300


def listed(state: StateStore, collection: str) -> Iterator[Document]:
    """All documents of a collection, page by page."""
    after = ""
    while page := state.list(collection, after=after, limit=PAGE):
        yield from page
        after = page[-1].id
        if len(page) < PAGE:
            return
