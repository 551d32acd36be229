"""Kept answers: whatever an answer depends on is in its key, and nothing fails for want of a cache."""

from typing import Any

import numpy as np
import pytest

from functions.query.answer_cache import AnswerCache, KeptAnswer, answer_key
from shared.domain.collection import Collection, Metric
from shared.domain.versions import VersionVector
from shared.errors import DependencyUnavailable
from shared.reads.heads import Freshness
from shared.reads.service import Read, Search

BASE: dict[str, Any] = {
    "collection": Collection("acme.words", "uid", 768, Metric.COSINE),
    "version": VersionVector({0: 7}),
    "read": Read("acme.words", Freshness(1.0, VersionVector({}))),
    "search": Search([], None, 10, 0.95),
    "queries": np.zeros((1, 768), np.float32),
}
LAST_COMPONENT = np.zeros((1, 768), np.float32)
LAST_COMPONENT[0, -1] = 1e-30
OTHERS: dict[str, dict[str, Any]] = {
    "tenant": {"collection": Collection("other.words", "uid", 768, Metric.COSINE)},
    "successor": {"collection": Collection("acme.words", "uid2", 768, Metric.COSINE)},
    "version": {"version": VersionVector({0: 8})},
    "fields": {"read": Read("acme.words", Freshness(1.0, VersionVector({})), include_attributes=True)},
    "top_k": {"search": Search([], None, 11, 0.95)},
    "recall": {"search": Search([], None, 10, 0.96)},
    "filter": {"search": Search([], None, 10, 0.95, {"eq": {"a": 1}})},
    "near": {"search": Search([], "a", 10, 0.95), "queries": None},
    "last component": {"queries": LAST_COMPONENT},
    "two vectors": {"queries": np.zeros((2, 768), np.float32)},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=list(OTHERS))
def test_whatever_changes_the_answer_changes_the_key(other: dict[str, Any]) -> None:
    """The seed's cache looked at five components of the vector."""
    assert answer_key(**BASE) != answer_key(**(BASE | other))


def test_what_does_not_change_the_answer_does_not_change_the_key() -> None:
    """The order of a filter's fields, and how fresh the reader wanted the version that it got."""
    one = BASE | {"search": Search([], None, 10, 0.95, {"range": {"a": {"gt": 1, "lt": 2}}})}
    other = BASE | {
        "search": Search([], None, 10, 0.95, {"range": {"a": {"lt": 2, "gt": 1}}}),
        "read": Read("acme.words", Freshness(0.0, VersionVector({0: 3}))),
    }

    assert answer_key(**one) == answer_key(**other)


def test_the_cache_is_bounded_by_bytes() -> None:
    """And takes nothing that would push out most of it."""
    cache = AnswerCache(100_000)
    for number in range(1000):
        cache.put(str(number).encode(), KeptAnswer((b"x" * 500,), "exact"))
    cache.put(b"huge", KeptAnswer((b"x" * 50_000,), "exact"))

    assert cache.stats()["bytes"] <= 100_000
    assert (None, True) == (cache.get(b"huge"), cache.get(b"999") is not None)


class _Shared:
    """Redis in a dict; can be away, or hold nonsense."""

    is_away = False

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.fails = False

    def get(self, key: bytes) -> bytes | None:
        if self.fails:
            raise DependencyUnavailable("away")
        return self.kept.get(key)

    def put(self, key: bytes, content: bytes) -> None:
        if self.fails:
            raise DependencyUnavailable("away")
        self.kept[key] = content


def test_an_answer_of_one_instance_serves_another() -> None:
    """Byte for byte, and from then on without Redis; both look-ups are counted."""
    shared, answer = _Shared(), KeptAnswer((b'[{"id":"a","score":0.1234567890123}]', b"[]"), "sketch")
    one, other = AnswerCache(1_000_000, shared), AnswerCache(1_000_000, shared)

    one.put_shared(b"k", answer)

    assert (answer, answer) == (other.get_shared(b"k"), other.get(b"k"))
    assert {"L3": 1.0, "L4": 1.0} == {name: level["hit_rate"] for name, level in other.stats()["levels"].items()}


@pytest.mark.parametrize("nonsense", [b"", b"{}", b"[1]", b"\xff"], ids=str)
def test_nonsense_in_redis_is_a_miss(nonsense: bytes) -> None:
    """Not an error."""
    shared = _Shared()
    shared.kept[b"k"] = nonsense

    assert AnswerCache(1000, shared).get_shared(b"k") is None


def test_an_outage_is_a_miss() -> None:
    """Neither reading nor writing fails."""
    shared = _Shared()
    shared.fails = True
    cache = AnswerCache(1000, shared)

    cache.put_shared(b"k", KeptAnswer((), "exact"))

    assert cache.get_shared(b"k") is None
