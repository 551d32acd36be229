"""The ports with every call surrounded: by a breaker, a measurement, a span. `opening` puts them together."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from shared.ports.objects import ObjectInfo, ObjectStore
from shared.ports.publisher import Message, Publisher
from shared.ports.state import Document, StateStore, Write
from shared.trace_context import EVENT_TRACEPARENT, TraceContext
from shared.tracing import Span

Call = Callable[[str], AbstractContextManager[Span]]
"""Gets the name of an operation, and surrounds it."""

_PAGE: Final = 1000
"""What Cloud Storage lists at once."""


class WatchedState:
    """A state store."""

    def __init__(self, inner: StateStore, call: Call) -> None:
        self.inner = inner
        self._call = call

    def get(self, path: str) -> Document | None:
        """As the port."""
        with self._call("get"):
            return self.inner.get(path)

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """As the port."""
        with self._call("get_many"):
            return self.inner.get_many(paths)

    def commit(self, writes: Sequence[Write]) -> Sequence[str]:
        """As the port."""
        with self._call("commit"):
            return self.inner.commit(writes)

    def list(self, collection: str, *, after: str = "", limit: int = 1000) -> list[Document]:
        """As the port."""
        with self._call("list"):
            return self.inner.list(collection, after=after, limit=limit)


class WatchedObjects:
    """An object store."""

    def __init__(self, inner: ObjectStore, call: Call) -> None:
        self.inner = inner
        self._call = call

    def put(self, name: str, content: bytes | Path, *, if_generation: int | None = None) -> ObjectInfo:
        """As the port."""
        with self._call("put"):
            return self.inner.put(name, content, if_generation=if_generation)

    def read(self, name: str, *, start: int = 0, length: int | None = None) -> bytes:
        """As the port."""
        with self._call("read"):
            return self.inner.read(name, start=start, length=length)

    def download(self, name: str, destination: Path) -> None:
        """As the port."""
        with self._call("download"):
            self.inner.download(name, destination)

    def stat(self, name: str) -> ObjectInfo | None:
        """As the port."""
        with self._call("stat"):
            return self.inner.stat(name)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """As the port; a call for each page, so that a slow reader holds none up."""
        with self._call("list"):
            infos = self.inner.list(prefix)
            page = [*islice(infos, _PAGE)]
        yield from page
        while len(page) == _PAGE:
            with self._call("list"):
                page = [*islice(infos, _PAGE)]
            yield from page

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        """As the port."""
        with self._call("delete"):
            self.inner.delete(name, if_generation=if_generation)

    def copy_from(self, bucket: str, name: str) -> ObjectInfo:
        """As the port."""
        with self._call("copy_from"):
            return self.inner.copy_from(bucket, name)


class WatchedPublisher:
    """A publisher."""

    def __init__(self, inner: Publisher, call: Call) -> None:
        self.inner = inner
        self._call = call

    def publish(self, messages: Sequence[Message]) -> None:
        """As the port."""
        with self._call("publish") as span:
            self.inner.publish([_stamped(message, span.context) for message in messages])


def _stamped(message: Message, trace: TraceContext) -> Message:
    """The message with its place in a trace; one that has a place, such as a dead letter, keeps it."""
    if EVENT_TRACEPARENT in message.attributes:
        return message
    return replace(message, attributes={**message.attributes, EVENT_TRACEPARENT: str(trace)})
