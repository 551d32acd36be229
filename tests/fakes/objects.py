"""The object store in a dict."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.adapters.object_names import check_object_name
from shared.ports.clock import Clock
from shared.ports.objects import GenerationMismatch, ObjectInfo, ObjectNotFound
from tests.fakes.clock import FrozenClock


class InMemoryObjects:
    """Safe to use from several threads. `buckets` are those that it can copy from, by name."""

    def __init__(self, *, clock: Clock | None = None, buckets: "Mapping[str, InMemoryObjects] | None" = None) -> None:
        self._clock = clock or FrozenClock()
        self._buckets = buckets if buckets is not None else {}
        self._objects: dict[str, tuple[bytes, ObjectInfo]] = {}
        self._last_generation = 0
        self._guard = threading.Lock()

    def put(self, name: str, content: bytes | Path, *, if_generation: int | None = None) -> ObjectInfo:
        """As the port."""
        check_object_name(name)
        stored = content.read_bytes() if isinstance(content, Path) else content
        with self._guard:
            current = self._objects[name][1].generation if name in self._objects else 0
            if if_generation not in {None, current}:
                raise GenerationMismatch(f"{name} is at generation {current}, not {if_generation}")
            self._last_generation += 1
            info = ObjectInfo(name, len(stored), self._last_generation, self._clock.now())
            self._objects[name] = stored, info
            return info

    def read(self, name: str, *, start: int = 0, length: int | None = None) -> bytes:
        """As the port."""
        content = self._content(name)
        return content[start:] if length is None else content[start : start + length]

    def download(self, name: str, destination: Path) -> None:
        """As the port."""
        content = self._content(name)
        with destination.open("xb") as file:
            file.write(content)

    def stat(self, name: str) -> ObjectInfo | None:
        """As the port."""
        check_object_name(name)
        found = self._objects.get(name)
        return found[1] if found else None

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        """As the port."""
        check_object_name(name)
        with self._guard:
            found = self._objects.get(name)
            if found is not None and if_generation not in {None, found[1].generation}:
                raise GenerationMismatch(f"{name} is at generation {found[1].generation}, not {if_generation}")
            self._objects.pop(name, None)

    def copy_from(self, bucket: str, name: str) -> ObjectInfo:
        """As the port."""
        source = self._buckets.get(bucket)
        if source is None:
            raise ObjectNotFound(f"there is no bucket {bucket}")
        return self.put(name, source.read(name))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """As the port."""
        if prefix:
            check_object_name(prefix.removesuffix("/"))
        with self._guard:
            names = sorted(name for name in self._objects if name.startswith(prefix))
            return iter([self._objects[name][1] for name in names])

    def _content(self, name: str) -> bytes:
        check_object_name(name)
        found = self._objects.get(name)
        if found is None:
            raise ObjectNotFound(f"there is no object {name}")
        return found[0]
