"""Recall against brute force, and the time of single queries."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from swell.client import Collection
from swell.demo.words import Vocabulary

TOP_K: Final = 10
_TIMED_QUERIES: Final = 400
_WARM_UP_QUERIES: Final = 20
# A slow or busy machine gets by with fewer, but not with so few that a p99 means nothing.
_FEWEST_QUERIES: Final = 100
_TIME_LIMIT_S: Final = 8.0
# Two float32 sums of one cosine differ by less: words that tie are as good as each other.
_TIE: Final = 1e-6


@dataclass(frozen=True)
class Recall:
    """The mean share of the true ten nearest that queries found, and how the server searched."""

    at_10: float
    queries: int
    methods: Sequence[str]


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one query after the other over one HTTP connection, as this client saw them."""

    p50_ms: float
    p99_ms: float
    queries: int


def measure_recall(words: Collection, vocabulary: Vocabulary) -> Recall:
    """Search with the held-out words, and compare with every cosine computed here."""
    results = words.query_many(vocabulary.held_out, top_k=TOP_K)
    units = _unit(vocabulary.vectors)
    shares = []
    for query, result in zip(_unit(vocabulary.held_out), results, strict=True):
        cosines = units @ query
        tenth_best = np.partition(cosines, -TOP_K)[-TOP_K]
        found = cosines[[vocabulary.places[word] for word in set(result.ids)]]
        shares.append(np.count_nonzero(found >= tenth_best - _TIE) / TOP_K)
    return Recall(float(np.mean(shares)), len(results), sorted({result.method for result in results}))


def measure_latency(words: Collection, vocabulary: Vocabulary) -> Latency:
    """Time single queries, held-out words in turn, after a few that are not counted."""
    for vector in vocabulary.held_out[:_WARM_UP_QUERIES]:
        words.query(vector, top_k=TOP_K)
    taken_ms: list[float] = []
    begun_s = time.perf_counter()
    for vector in islice(cycle(vocabulary.held_out), _TIMED_QUERIES):
        started_s = time.perf_counter()
        words.query(vector, top_k=TOP_K)
        ended_s = time.perf_counter()
        taken_ms.append((ended_s - started_s) * 1000)
        if ended_s - begun_s > _TIME_LIMIT_S and len(taken_ms) >= _FEWEST_QUERIES:
            break
    p50_ms, p99_ms = np.percentile(taken_ms, [50, 99])
    return Latency(float(p50_ms), float(p99_ms), len(taken_ms))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    units: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units
