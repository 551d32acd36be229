"""Answers kept: in the instance (L4), and in Redis for all instances (L3, where there is one).

An answer is kept under everything that it depends on: the collection and its version, the bytes of the vectors, the
recall, `top_k`, filter and fields. A new version is another key, so no answer is ever older than the version that the
read may see; consistency, `min_version` and the serving mode have had their say before the key is made. Stored names
hold the tenant. Answers that lack a damaged segment, or were found before a forest arrived, are not kept.
"""

import hashlib
from collections import Counter as Counts
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, Protocol

import numpy as np
import orjson
from cachetools import LRUCache
from numpy.typing import NDArray

from shared.domain.collection import Collection
from shared.domain.versions import VersionVector
from shared.errors import DependencyUnavailable
from shared.metrics import Counter
from shared.reads.service import Read, Search

LOOKED_UP: Final = Counter("swell_answer_cache_total", "Answers looked for in a cache", ("level", "result"))
_LARGEST_SHARE: Final = 0.01  # an answer larger than this part of the cache would push out too many others

_HEAD: Final = b"swell answer 1 "


@dataclass(frozen=True)
class KeptAnswer:
    """The matches of each query as JSON, and how they were found."""

    matches: tuple[bytes, ...]
    method: str

    @property
    def size_bytes(self) -> int:
        """About what it takes in memory."""
        return sum(map(len, self.matches)) + 300

    def to_bytes(self) -> bytes:
        """As kept in Redis: a line that says so, then one a query; JSON of ours holds no line break."""
        return b"\n".join([_HEAD + self.method.encode(), *self.matches])

    @classmethod
    def from_bytes(cls, content: bytes) -> "KeptAnswer":
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: it did not write this.
        """
        head, *matches = content.split(b"\n")
        if not head.startswith(_HEAD) or not matches:
            raise ValueError("not an answer")
        return cls(tuple(matches), head.removeprefix(_HEAD).decode())


class SharedAnswers(Protocol):
    """What all instances keep together."""

    @property
    def is_away(self) -> bool:
        """Whether asking is of no use at the moment."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """What is kept. May block.

        Raises:
            DependencyUnavailable: it cannot be reached.
        """
        ...

    def put(self, key: bytes, content: bytes) -> None:
        """Keep it for a while. May block, and raises as `get`."""
        ...


class AnswerCache:
    """Both levels, and how often each had the answer. Safe to use from several threads; never fails."""

    def __init__(self, most_bytes: int, shared: SharedAnswers | None = None) -> None:
        self._most_bytes = most_bytes
        self._kept: LRUCache[bytes, KeptAnswer] = LRUCache(max(most_bytes, 1), getsizeof=lambda kept: kept.size_bytes)
        self._shared = shared
        self._guard = Lock()
        self._counts: Counts[tuple[str, str]] = Counts()

    @property
    def keeps(self) -> bool:
        """Whether it keeps anything at all."""
        return self._most_bytes > 0 or self._shared is not None

    @property
    def is_shared(self) -> bool:
        """Whether there is a Redis to ask now."""
        return self._shared is not None and not self._shared.is_away

    def get(self, key: bytes) -> KeptAnswer | None:
        """What this instance keeps."""
        with self._guard:
            found = self._kept.get(key)
        self.count("L4", hit=found is not None)
        return found

    def put(self, key: bytes, answer: KeptAnswer) -> None:
        """Keep it in this instance."""
        if answer.size_bytes <= self._most_bytes * _LARGEST_SHARE:
            with self._guard:
                self._kept[key] = answer

    def get_shared(self, key: bytes) -> KeptAnswer | None:
        """What Redis has, from now on kept here too. Blocks."""
        if self._shared is None or self._shared.is_away:
            return None
        try:
            content = self._shared.get(key)
            found = None if content is None else KeptAnswer.from_bytes(content)
        except (DependencyUnavailable, ValueError):  # away, or not what we wrote
            found = None
        self.count("L3", hit=found is not None)
        if found is not None:
            self.put(key, found)
        return found

    def put_shared(self, key: bytes, answer: KeptAnswer) -> None:
        """Let all instances have it. Blocks."""
        if self._shared is not None and not self._shared.is_away:
            try:
                self._shared.put(key, answer.to_bytes())
            except DependencyUnavailable:
                return

    def count(self, level: str, *, hit: bool) -> None:
        """One look-up."""
        result = "hit" if hit else "miss"
        self._counts[level, result] += 1
        LOOKED_UP.inc(level, result)

    def stats(self) -> dict[str, Any]:
        """Hits, misses and their rate by level, since this instance began; what L4 holds."""
        levels = {}
        for level in ("L2", "L3", "L4"):
            hits, misses = self._counts[level, "hit"], self._counts[level, "miss"]
            if hits + misses:
                levels[level] = {"hits": hits, "misses": misses, "hit_rate": round(hits / (hits + misses), 4)}
        return {"levels": levels, "answers": len(self._kept), "bytes": int(self._kept.currsize)}


def answer_key(
    collection: Collection, version: VersionVector, read: Read, search: Search, queries: NDArray[np.float32] | None
) -> bytes:
    """What an answer depends on, as a digest. `queries` None: those of the record `near_id` at this version."""
    rest: Sequence[Any] = [
        collection.name,
        collection.uid,
        str(version),
        search.near_id,
        search.top_k,
        search.recall,
        search.filter,
        read.include_attributes,
        read.include_vectors,
        None if queries is None else queries.shape,
    ]
    digest = hashlib.blake2b(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS), digest_size=24)
    if queries is not None:
        digest.update(queries.tobytes())
    return digest.digest()
