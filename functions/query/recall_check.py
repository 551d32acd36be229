"""Live recall: the same queries answered as asked and exactly, compared."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.index.answers import Answer
from shared.index.filter import parse_filter
from shared.reads.service import AnswerReads, Read, Search, search_shards
from shared.reads.snapshots import OpenCollection
from shared.vectors import decode_vectors

_NOISE: Final = 0.25
"""Queries are not documents: a stored vector is moved by a quarter of its length in a random direction."""


@dataclass(frozen=True)
class RecallReport:
    """`recall` is the mean share of the exact matches that the answer contains; times in milliseconds a query."""

    queries: int
    top_k: int
    recall_target: float
    recall: float
    lowest: float
    method: str
    ms: float
    exact_ms: float


class CheckRecall:
    """Measures recall on queries of the caller, or on perturbed stored vectors."""

    def __init__(self, reads: AnswerReads) -> None:
        self._reads = reads

    def __call__(
        self, read: Read, search: Search, sample: int, seed: int, check: Callable[[], None] = lambda: None
    ) -> RecallReport:
        """Ask every query twice; `check` may end it between two queries, by raising. Raises as `AnswerReads.search`."""
        opened = self._reads.open(read)
        queries = self._queries(opened, search, sample, seed)
        condition = parse_filter(search.filter, opened.collection.attributes) if search.filter is not None else None
        exact = replace(search, recall=1.0)
        answers, seconds = [], []
        for asked in (search, exact):
            started = time.perf_counter()
            parts = []
            for query in queries:
                check()
                parts.append(search_shards(opened, read, asked, query[None, :], condition))
            seconds.append(time.perf_counter() - started)
            answers.append(parts)
        shares = [_share(found, truth) for found, truth in zip(*answers, strict=True)]
        count = max(len(queries), 1)
        return RecallReport(
            queries=len(queries),
            top_k=search.top_k,
            recall_target=search.recall,
            recall=float(np.mean(shares)) if shares else 1.0,
            lowest=min(shares, default=1.0),
            method=answers[0][0].method if answers[0] else "exact",
            ms=seconds[0] * 1000 / count,
            exact_ms=seconds[1] * 1000 / count,
        )

    def _queries(self, opened: OpenCollection, search: Search, sample: int, seed: int) -> NDArray[np.float32]:
        collection = opened.collection
        if search.vectors:
            return decode_vectors(search.vectors, collection.dimension, collection.metric, field=search.field)
        return _perturbed(opened, sample, np.random.default_rng(seed))


def _perturbed(opened: OpenCollection, sample: int, rng: np.random.Generator) -> NDArray[np.float32]:
    sources = [pair for snapshot in opened.snapshots for pair in zip(snapshot.segments, snapshot.live, strict=True)]
    counts = np.array([live.count for _, live in sources], np.int64)
    if not counts.sum():
        return np.empty((0, opened.collection.dimension), np.float32)
    shares = rng.multinomial(min(sample, int(counts.sum())), counts / counts.sum())
    chosen = [
        segment.vectors_of(np.sort(rng.choice(live.members, min(share, live.count), replace=False)))
        for (segment, live), share in zip(sources, shares.tolist(), strict=True)
        if share
    ]
    vectors = np.concatenate(chosen)
    noise = rng.normal(size=vectors.shape).astype(np.float32)
    noise *= _NOISE * np.linalg.norm(vectors, axis=1, keepdims=True) / np.linalg.norm(noise, axis=1, keepdims=True)
    return vectors + noise


def _share(found: Answer, truth: Answer) -> float:
    expected = {match.id for match in truth.matches[0]}
    return len(expected & {match.id for match in found.matches[0]}) / len(expected) if expected else 1.0
