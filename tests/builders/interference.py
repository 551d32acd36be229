"""Ports that let something else happen at any call: a crash, a cut line, another process's turn."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shared.ports.objects import ObjectInfo, ObjectStore
from shared.ports.publisher import Message, Publisher
from shared.ports.state import Document, StateStore, Write

T = TypeVar("T")
Interfere = Callable[[str], None]
"""Called with "before" and "after" around every effect; it may raise."""


class Crashed(BaseException):
    """The process died here: no code may catch this."""


def around(interfere: Interfere, effect: Callable[[], T]) -> T:
    """One effect, with whatever happens before it and after it."""
    interfere("before")
    result = effect()
    interfere("after")
    return result


@dataclass
class InterferedState:
    """A state store."""

    inner: StateStore
    interfere: Interfere

    def get(self, path: str) -> Document | None:
        """As the port."""
        return around(self.interfere, lambda: self.inner.get(path))

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """As the port."""
        return around(self.interfere, lambda: self.inner.get_many(paths))

    def list(self, collection: str, *, after: str = "", limit: int = 1000) -> "list[Document]":
        """As the port."""
        return around(self.interfere, lambda: self.inner.list(collection, after=after, limit=limit))

    def commit(self, writes: Sequence[Write]) -> Sequence[str]:
        """As the port."""
        return around(self.interfere, lambda: self.inner.commit(writes))


@dataclass
class InterferedObjects:
    """An object store. `reach` is asked before a copy from another bucket; it may raise."""

    inner: ObjectStore
    interfere: Interfere
    reach: Callable[[str], None] = lambda _: None

    def put(self, name: str, content: bytes | Path, *, if_generation: int | None = None) -> ObjectInfo:
        """As the port."""
        return around(self.interfere, lambda: self.inner.put(name, content, if_generation=if_generation))

    def read(self, name: str, *, start: int = 0, length: int | None = None) -> bytes:
        """As the port."""
        return around(self.interfere, lambda: self.inner.read(name, start=start, length=length))

    def download(self, name: str, destination: Path) -> None:
        """As the port."""
        around(self.interfere, lambda: self.inner.download(name, destination))

    def stat(self, name: str) -> ObjectInfo | None:
        """As the port."""
        return around(self.interfere, lambda: self.inner.stat(name))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """As the port."""
        return around(self.interfere, lambda: self.inner.list(prefix))

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        """As the port."""
        around(self.interfere, lambda: self.inner.delete(name, if_generation=if_generation))

    def copy_from(self, bucket: str, name: str) -> ObjectInfo:
        """As the port."""
        self.reach(bucket)
        return around(self.interfere, lambda: self.inner.copy_from(bucket, name))


@dataclass
class InterferedPublisher:
    """A publisher."""

    inner: Publisher
    interfere: Interfere

    def publish(self, messages: Sequence[Message]) -> None:
        """As the port."""
        around(self.interfere, lambda: self.inner.publish(messages))
