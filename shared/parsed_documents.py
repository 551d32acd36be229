"""State documents that are read again and again, each parsed once for as long as nobody writes it."""

from collections.abc import Callable
from typing import Generic, TypeVar

from shared.ports.state import Document

T = TypeVar("T")


class ParsedDocuments(Generic[T]):
    """What the documents of one state store say, by path; a version changes with every write, so it tells all."""

    def __init__(self, parse: Callable[[Document], T]) -> None:
        self._parse = parse
        self._held: dict[str, tuple[str, T]] = {}

    def of(self, document: Document) -> T:
        """What a document says."""
        held = self._held.get(document.path)
        if held is None or held[0] != document.version:
            held = self._held[document.path] = document.version, self._parse(document)
        return held[1]

    def written(self, path: str, version: str, said: T) -> None:
        """What we have just written ourselves says this: it need not be parsed when it is read back."""
        self._held[path] = version, said
