"""What the state store says of collections, believed for as long as a read allows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from shared.domain.collection import Collection
from shared.domain.paths import collection_document, head_document
from shared.domain.tenancy import public_name
from shared.domain.versions import VersionVector
from shared.errors import NotFound, VersionNotVisible
from shared.manifests import Head
from shared.ports.state import StateStore


@dataclass(frozen=True)
class SeenCollection:
    """A declaration and the heads of its shards, and when they were asked for (monotonic seconds)."""

    collection: Collection
    heads: tuple[Head, ...]
    at_s: float

    @property
    def version(self) -> VersionVector:
        """The version of every shard."""
        return VersionVector({shard: head.version for shard, head in enumerate(self.heads)})


@dataclass(frozen=True)
class Freshness:
    """What a read must see: all commits older than `max_staleness_s`, and `least` in any case."""

    max_staleness_s: float
    least: VersionVector

    def accepts(self, seen: SeenCollection, now_s: float) -> bool:
        """Whether what was seen is new enough."""
        return now_s - seen.at_s <= self.max_staleness_s and seen.version.covers(self.least)


class Heads:
    """Looks at heads, as seldom as freshness allows."""

    def __init__(self, state: StateStore, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._state = state
        self._monotonic_s = monotonic_s
        self._lock = Lock()
        self._seen: dict[str, SeenCollection] = {}

    def remembered(self, name: str, freshness: Freshness) -> SeenCollection | None:
        """What is known without asking, if it is new enough."""
        seen = self._seen.get(name)
        return seen if seen is not None and freshness.accepts(seen, self._monotonic_s()) else None

    def look(self, name: str, freshness: Freshness) -> SeenCollection:
        """What the read may go by.

        Raises:
            NotFound: there is no such collection.
            VersionNotVisible: its heads are behind what the read asks for; trying again soon can succeed.
        """
        seen = self.remembered(name, freshness) or self._ask(name)
        if not seen.version.covers(freshness.least):
            raise VersionNotVisible(
                f"collection {public_name(name)!r} is at version {seen.version}, asked for {freshness.least}"
            )
        return seen

    def _ask(self, name: str) -> SeenCollection:
        asked_s = self._monotonic_s()  # before asking: what is committed later must count as unseen
        fresh = self._read(name, self._seen.get(name), asked_s)
        with self._lock:
            if fresh is None:
                self._seen.pop(name, None)
                raise NotFound(f"collection {public_name(name)!r} does not exist")
            held = self._seen.get(name)
            if held is None or held.at_s <= fresh.at_s:
                self._seen[name] = fresh
        return fresh

    def _read(self, name: str, seen: SeenCollection | None, asked_s: float) -> SeenCollection | None:
        """The declaration and all heads in one read, or two when the number of shards is not known yet."""
        shards = seen.collection.shards if seen else 1
        paths = [collection_document(name), *(head_document(name, shard) for shard in range(shards))]
        declared, *heads = self._state.get_many(paths)
        if declared is None:
            return None
        collection = Collection.from_document(declared.data)
        if collection.shards != shards:
            heads = self._state.get_many([head_document(name, shard) for shard in range(collection.shards)])
        current = [Head.from_document(head) for head in heads if head is not None]
        if len(current) != collection.shards or any(head.uid != collection.uid for head in current):
            return None  # deleted, perhaps declared anew, between the two reads
        return SeenCollection(collection, tuple(current), asked_s)
