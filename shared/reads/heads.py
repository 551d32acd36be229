"""What the state store says of collections, believed for as long as a read allows."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from shared.domain.collection import Collection
from shared.domain.paths import collection_document
from shared.domain.tenancy import public_name
from shared.domain.versions import VersionVector
from shared.errors import NotFound, VersionNotVisible
from shared.manifests import Head
from shared.ports.state import StateStore
from shared.reads.served_heads import ServedHeads


@dataclass(frozen=True)
class SeenCollection:
    """A declaration and the heads of its shards, and when they were asked for (monotonic seconds).

    `current_at_s`: everything that home had committed by then is in these heads; in a region that only follows, that
    can be long before.
    """

    collection: Collection
    heads: tuple[Head, ...]
    at_s: float
    current_at_s: float

    @property
    def version(self) -> VersionVector:
        """The version of every shard."""
        return VersionVector({shard: head.version for shard, head in enumerate(self.heads)})


@dataclass(frozen=True)
class Freshness:
    """What a read must see: all that this region had `max_staleness_s` ago, and `least` in any case.

    `max_lag_s`: and all that home had committed so long ago; None where the lag of the region is accepted.
    """

    max_staleness_s: float
    least: VersionVector
    max_lag_s: float | None = None

    def accepts(self, seen: SeenCollection, now_s: float) -> bool:
        """Whether what was seen is new enough, without asking again."""
        fresh = now_s - seen.at_s <= self.max_staleness_s and seen.version.covers(self.least)
        return fresh and self.allows_lag(now_s - seen.current_at_s)

    def allows_lag(self, lag_s: float) -> bool:
        """Whether a region may be so far behind home."""
        return self.max_lag_s is None or lag_s <= self.max_lag_s


class Heads:
    """Looks at heads, as seldom as freshness allows."""

    def __init__(
        self,
        state: StateStore,
        served: ServedHeads | None = None,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._served = served or ServedHeads()
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
            NotServedHere: this region has no copy of it.
            VersionNotVisible: its heads are behind what the read asks for; trying again soon can succeed.
        """
        seen = self.remembered(name, freshness) or self._ask(name)
        if not freshness.allows_lag(seen.at_s - seen.current_at_s):
            raise VersionNotVisible(f"collection {public_name(name)!r} is behind its home region here")
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
        declared, *heads = self._state.get_many([collection_document(name), *self._served.paths(name, shards)])
        if declared is None:
            return None
        collection = Collection.from_document(declared.data)
        if collection.shards != shards:
            heads = self._state.get_many(self._served.paths(name, collection.shards))
        served = self._served.of(collection, heads)
        if served is None:
            return None  # deleted, perhaps declared anew, between the two reads
        known_s = seen.current_at_s if seen is not None and seen.collection.uid == collection.uid else -math.inf
        return SeenCollection(collection, served.heads, asked_s, asked_s if served.are_current else known_s)
