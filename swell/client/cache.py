"""Answers kept in the client: given again for a short while, and only where nobody asked for a newer one."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from cachetools import TTLCache


@dataclass(frozen=True)
class CacheCounts:
    """How often an answer was there, and how often not."""

    hits: int
    misses: int


class AnswerCache:
    """The last `max_answers` answers, each for at most `ttl_s`, by the whole query.

    An answer of another version than the last one seen of its collection is not given again, nor is anything of a
    collection that this client has written to since. Safe to share between threads, and between clients of one key.
    """

    def __init__(
        self, max_answers: int = 1_000, ttl_s: float = 1.0, *, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._answers: TTLCache[tuple[str, bytes], tuple[str, bytes]] = TTLCache(max_answers, ttl_s, monotonic_s)
        self._versions: dict[str, str] = {}
        self._lock = threading.Lock()
        self._hits = self._misses = 0

    @property
    def counts(self) -> CacheCounts:
        """Since this cache was made."""
        with self._lock:
            return CacheCounts(self._hits, self._misses)

    def get(self, collection: str, query: bytes) -> Any:
        """The answer, a copy of its own; None where there is none to be given."""
        with self._lock:
            kept = self._answers.get((collection, query))
            if kept is None or kept[0] != self._versions.get(collection):
                self._misses += 1
                return None
            self._hits += 1
        return orjson.loads(kept[1])

    def put(self, collection: str, query: bytes, answer: Mapping[str, Any]) -> None:
        """Keep an answer, unless it says itself that it is older than usual or not whole."""
        version = answer.get("version")
        if version is None or answer.get("stale") or answer.get("partial"):
            return
        with self._lock:
            self._versions[collection] = version
            self._answers[collection, query] = (version, orjson.dumps(answer))

    def forget(self, collection: str) -> None:
        """Give nothing of this collection again."""
        with self._lock:
            self._versions.pop(collection, None)
