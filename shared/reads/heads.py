"""What the state store says of collections, believed for as long as a read allows."""

import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import Final

from shared.domain.collection import Collection
from shared.domain.paths import collection_document
from shared.domain.tenancy import public_name
from shared.domain.versions import VersionVector
from shared.errors import DependencyUnavailable, FieldProblem, InvalidRequest, NotFound, VersionNotVisible
from shared.manifests import Head
from shared.ports.state import StateStore
from shared.reads.served_heads import ServedHeads

OUTAGE_S: Final = 60.0
"""By default: how old a read that states no bound may be while the state store is away."""
_PATIENCE_S: Final = 0.25
"""How long such a read waits for the store before it makes do with what was seen."""
_AWAY_S: Final = 1.0
"""How long after that nobody waits again."""
_ASKING_AT_ONCE: Final = 4


@dataclass(frozen=True)
class SeenCollection:
    """A declaration and the heads of its shards, and when they were asked for (monotonic seconds).

    `current_at_s`: everything that home had committed by then is in these heads; in a region that only follows, that
    can be long before.
    `stale_s`: how long ago, where the state store is away and this was older than the read allows otherwise.
    """

    collection: Collection
    heads: tuple[Head, ...]
    at_s: float
    current_at_s: float
    stale_s: float | None = None

    @property
    def version(self) -> VersionVector:
        """The version of every shard."""
        return VersionVector({shard: head.version for shard, head in enumerate(self.heads)})


@dataclass(frozen=True)
class Freshness:
    """What a read must see: all that this region had `max_staleness_s` ago, and `least` in any case.

    `max_lag_s`: and all that home had committed so long ago; None where the lag of the region is accepted.
    `may_be_stale`: while the state store is away, anything not older than an outage may last, rather than nothing.
    """

    max_staleness_s: float
    least: VersionVector
    max_lag_s: float | None = None
    may_be_stale: bool = False

    def accepts(self, seen: SeenCollection, now_s: float) -> bool:
        """Whether what was seen is new enough, without asking again."""
        fresh = now_s - seen.at_s <= self.max_staleness_s and seen.version.covers(self.least)
        return fresh and self.allows_lag(now_s - seen.current_at_s)

    def allows_lag(self, lag_s: float) -> bool:
        """Whether a region may be so far behind home."""
        return self.max_lag_s is None or lag_s <= self.max_lag_s


class Heads:
    """Looks at heads, as seldom as freshness allows. What was seen up to `outage_s` ago serves while the store is away.

    Then no read that may be stale waits for the store longer than a moment, and most do not wait at all.
    """

    def __init__(
        self,
        state: StateStore,
        served: ServedHeads | None = None,
        *,
        outage_s: float = OUTAGE_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._served = served or ServedHeads()
        self._outage_s = outage_s
        self._monotonic_s = monotonic_s
        self._lock = Lock()
        self._seen: dict[str, SeenCollection] = {}
        self._asking: dict[str, Future[SeenCollection]] = {}
        self._away_until_s = 0.0

    def remembered(self, name: str, freshness: Freshness) -> SeenCollection | None:
        """What is known without asking, if it is new enough, or if the store was away just now."""
        seen, now_s = self._seen.get(name), self._monotonic_s()
        if seen is None or freshness.accepts(seen, now_s):
            return seen
        return self._fallback(seen, freshness, now_s) if now_s < self._away_until_s else None

    def age_s(self, name: str) -> float:
        """How long ago the store was asked; infinite where it never was, or knew no such collection."""
        seen = self._seen.get(name)
        return math.inf if seen is None else self._monotonic_s() - seen.at_s

    def outlasts_outage(self) -> bool:
        """Whether some reads can be answered although the store is away."""
        oldest_s = self._monotonic_s() - self._outage_s
        return any(seen.at_s >= oldest_s for seen in [*self._seen.values()])

    def look(self, name: str, freshness: Freshness) -> SeenCollection:
        """What the read may go by.

        Raises:
            NotFound: there is no such collection.
            NotServedHere: this region has no copy of it.
            VersionNotVisible: its heads are behind what the read asks for; trying again soon can succeed.
            InvalidRequest: the least version names a shard that the collection does not have.
            DependencyUnavailable: the store is away, and nothing was seen that the read may go by.
        """
        seen = self.remembered(name, freshness) or self._ask_or_make_do(name, freshness)
        if not freshness.allows_lag(seen.at_s - seen.current_at_s):
            raise VersionNotVisible(f"collection {public_name(name)!r} is behind its home region here")
        if not seen.version.covers(freshness.least):
            shards = seen.collection.shards
            if max(freshness.least.by_shard) >= shards:  # of another collection: it will never be visible
                allowed = f"a version of this collection, which has {shards} shard(s)"
                raise InvalidRequest(FieldProblem("min_version", str(freshness.least), allowed))
            raise VersionNotVisible(
                f"collection {public_name(name)!r} is at version {seen.version}, asked for {freshness.least}"
            )
        return seen

    def _ask_or_make_do(self, name: str, freshness: Freshness) -> SeenCollection:
        seen = self._seen.get(name)
        if seen is None or self._fallback(seen, freshness, self._monotonic_s()) is None:
            return self._ask(name)
        try:
            return self._asked(name).result(_PATIENCE_S)
        except (TimeoutError, DependencyUnavailable):
            now_s = self._monotonic_s()
            self._away_until_s = now_s + _AWAY_S
            fallback = self._fallback(seen, freshness, now_s)
            if fallback is None:
                raise
            return fallback

    def _fallback(self, seen: SeenCollection, freshness: Freshness, now_s: float) -> SeenCollection | None:
        age_s = now_s - seen.at_s
        if not freshness.may_be_stale or age_s > self._outage_s or not seen.version.covers(freshness.least):
            return None
        return replace(seen, stale_s=age_s)

    def _asked(self, name: str) -> "Future[SeenCollection]":
        """The store's answer, by a thread that may wait for it; once at a time a collection."""
        with self._lock:
            asking = self._asking.get(name)
            if asking is None or asking.done():
                asking = self._asking[name] = self._threads.submit(self._ask, name)
            return asking

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_ASKING_AT_ONCE, thread_name_prefix="heads")

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
