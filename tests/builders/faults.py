"""Adapters that fail on purpose: before an effect, or after it with the answer lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.adapters.opening import Adapters
from shared.bulk.source import Source
from shared.errors import DependencyUnavailable
from shared.ports.files import Files, StoredPart
from shared.ports.objects import ObjectInfo, ObjectStore
from shared.ports.publisher import Message, Publisher
from shared.ports.state import Document, StateStore, Write


@dataclass
class Fault:
    """Fails one call: number `at_call` from 1, before or after its effect. `fired` says whether it came to that."""

    at_call: int
    after_effect: bool
    calls: int = 0
    fired: bool = False

    def around(self, effect: Any) -> Any:
        """Run an effect, or fail."""
        self.calls += 1
        strikes = self.calls == self.at_call
        self.fired = self.fired or strikes
        if strikes and not self.after_effect:
            raise DependencyUnavailable(f"injected before call {self.calls}")
        result = effect()
        if strikes:
            raise DependencyUnavailable(f"injected after call {self.calls}")
        return result


@dataclass
class FaultyState:
    """A state store under a fault."""

    inner: StateStore
    fault: Fault

    def get(self, path: str) -> Document | None:
        """As the port."""
        document: Document | None = self.fault.around(lambda: self.inner.get(path))
        return document

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """As the port."""
        documents: list[Document | None] = self.fault.around(lambda: self.inner.get_many(paths))
        return documents

    def commit(self, writes: Sequence[Write]) -> Sequence[str]:
        """As the port."""
        versions: Sequence[str] = self.fault.around(lambda: self.inner.commit(writes))
        return versions

    def list(self, collection: str, *, after: str = "", limit: int = 1000) -> Any:
        """As the port."""
        return self.fault.around(lambda: self.inner.list(collection, after=after, limit=limit))


@dataclass
class FaultyObjects:
    """An object store under a fault."""

    inner: ObjectStore
    fault: Fault

    def put(self, name: str, content: bytes | Path, *, if_generation: int | None = None) -> ObjectInfo:
        """As the port."""
        info: ObjectInfo = self.fault.around(lambda: self.inner.put(name, content, if_generation=if_generation))
        return info

    def read(self, name: str, *, start: int = 0, length: int | None = None) -> bytes:
        """As the port."""
        content: bytes = self.fault.around(lambda: self.inner.read(name, start=start, length=length))
        return content

    def download(self, name: str, destination: Path) -> None:
        """As the port."""
        self.fault.around(lambda: self.inner.download(name, destination))

    def stat(self, name: str) -> ObjectInfo | None:
        """As the port."""
        return self.inner.stat(name)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """As the port."""
        infos: Iterator[ObjectInfo] = self.fault.around(lambda: self.inner.list(prefix))
        return infos

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        """As the port."""
        self.fault.around(lambda: self.inner.delete(name, if_generation=if_generation))

    def copy_from(self, bucket: str, name: str) -> ObjectInfo:
        """As the port."""
        info: ObjectInfo = self.fault.around(lambda: self.inner.copy_from(bucket, name))
        return info


@dataclass
class FaultyPublisher:
    """A publisher under a fault."""

    inner: Publisher
    fault: Fault

    def publish(self, messages: Sequence[Message]) -> None:
        """As the port."""
        self.fault.around(lambda: self.inner.publish(messages))


@dataclass
class FaultyFiles:
    """Users' files under a fault."""

    inner: Files
    fault: Fault

    def of_tenant(self, tenant: str) -> Files:
        """As the port."""
        return FaultyFiles(self.inner.of_tenant(tenant), self.fault)

    def check(self, uri: str) -> None:
        """As the port."""
        self.inner.check(uri)

    def source(self, uri: str) -> Source:
        """As the port."""
        source: Source = self.fault.around(lambda: self.inner.source(uri))
        return source

    def export_uri(self, name: str) -> str:
        """As the port."""
        return self.inner.export_uri(name)

    def write_part(self, uri: str, writer: str, content: Path, start: int) -> StoredPart:
        """As the port."""
        part: StoredPart = self.fault.around(lambda: self.inner.write_part(uri, writer, content, start))
        return part

    def finish(self, uri: str, writer: str, parts: Sequence[StoredPart], closing: Path) -> int:
        """As the port."""
        size_bytes: int = self.fault.around(lambda: self.inner.finish(uri, writer, parts, closing))
        return size_bytes

    def remove(self, uri: str) -> None:
        """As the port."""
        self.fault.around(lambda: self.inner.remove(uri))

    def discard(self, uri: str, writer: str) -> None:
        """As the port."""
        self.fault.around(lambda: self.inner.discard(uri, writer))


def failing(adapters: Adapters, fault: Fault) -> Adapters:
    """The same world under one fault shared by all its ports."""
    return Adapters(
        state=FaultyState(adapters.state, fault),
        objects=FaultyObjects(adapters.objects, fault),
        publisher=FaultyPublisher(adapters.publisher, fault),
        clock=adapters.clock,
        files=FaultyFiles(adapters.files, fault),
    )
