"""Objects of a shard wherever it commits: read from the own bucket, else from one that has them.

Segments and manifests are named by content and commit, so whichever bucket has a name has the right object.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from shared.ports.objects import ObjectInfo, ObjectNotFound, ObjectStore

T = TypeVar("T")


class ReadingAnywhere:
    """An object store that reads what others have too; it writes, lists and deletes in its own bucket only."""

    def __init__(self, own: ObjectStore, others: Sequence[ObjectStore]) -> None:
        self._own = own
        self._stores = (own, *others)

    def read(self, name: str, *, start: int = 0, length: int | None = None) -> bytes:
        """Raises as the port."""
        return self._first(lambda store: store.read(name, start=start, length=length), name)

    def download(self, name: str, destination: Path) -> None:
        """Raises as the port."""
        self._first(lambda store: store.download(name, destination), name)

    def stat(self, name: str) -> ObjectInfo | None:
        """The first that is found."""
        return next((found for store in self._stores if (found := store.stat(name)) is not None), None)

    def put(self, name: str, content: bytes | Path, *, if_generation: int | None = None) -> ObjectInfo:
        """In the own bucket. Raises as the port."""
        return self._own.put(name, content, if_generation=if_generation)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Of the own bucket."""
        return self._own.list(prefix)

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        """In the own bucket. Raises as the port."""
        self._own.delete(name, if_generation=if_generation)

    def copy_from(self, bucket: str, name: str) -> ObjectInfo:
        """To the own bucket. Raises as the port."""
        return self._own.copy_from(bucket, name)

    def _first(self, attempt: Callable[[ObjectStore], T], name: str) -> T:
        for store in self._stores:
            try:
                return attempt(store)
            except ObjectNotFound:
                continue
        raise ObjectNotFound(name)
