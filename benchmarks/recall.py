"""Recall asked for against recall found, on real queries: `swell bench recall`.

In one process, on the runtime of `swell up`, on collections that were written and compacted as they are when served.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.filled import READ, filled
from benchmarks.vectors.vector_set import RawSet, Rows, unit
from shared.domain.collection import Collection, Metric
from shared.reads.service import AnswerReads, Search
from shared.reads.snapshots import OpenCollection
from shared.vectors import encode_vectors

TARGETS: Final = (0.8, 0.9, 0.95, 0.99, 1.0)
METRICS: Final = tuple(Metric)
SHORT_BY: Final = 0.02
"""So much below what was asked is still as asked; of 1.0 nothing may be missing."""
_STRETCH: Final = 0.25
_STRETCH_SEED: Final = 22
_UNIT_LENGTHS: Final = 1e-3
_BLOCK_ROWS: Final = 50_000
# How far two float32 sums of one score may differ, against the largest score: rows that tie are as good.
_TIE: Final = 1e-5


@dataclass(frozen=True)
class Achieved:
    """What one recall that was asked for gave. `methods`: by how many queries each was used."""

    asked: float
    found: float
    methods: Mapping[str, int]
    p50_ms: float

    @property
    def met(self) -> bool:
        """Whether the recall is as asked."""
        return self.found >= (1.0 if self.asked == 1.0 else self.asked - SHORT_BY)


@dataclass(frozen=True)
class RecallReport:
    """One set under one metric."""

    name: str
    metric: str
    rows: int
    dimension: int
    queries: int
    top_k: int
    segments: int
    achieved: Sequence[Achieved]


def measure_recall(
    raw: RawSet, metrics: Sequence[Metric], top_k: int, targets: Sequence[float] = TARGETS
) -> Iterator[RecallReport]:
    """Each metric on a collection of its own, one after the other."""
    for metric in metrics:
        vectors, queries = _under(raw, metric)
        declared = Collection("c", "", vectors.shape[1], metric)
        with filled(declared, vectors) as reads:
            opened = reads.open(READ)
            least = _least_scores(vectors, queries, metric, top_k)
            yield RecallReport(
                name=raw.name,
                metric=metric.value,
                rows=len(vectors),
                dimension=vectors.shape[1],
                queries=len(queries),
                top_k=top_k,
                segments=sum(len(each.manifest.segments) for each in opened.snapshots),
                achieved=[
                    _achieved(reads, opened, _Asked(vectors, queries, metric, top_k, least), target)
                    for target in targets
                ],
            )


def _under(raw: RawSet, metric: Metric) -> tuple[Rows, Rows]:
    """Rows and queries for a metric. Where all are of one length, dot and euclidean would order them as cosine does.

    Then each is stretched by a factor of its own, lognormal with a standard deviation of a quarter.
    """
    if metric is Metric.COSINE:
        return unit(raw.vectors), unit(raw.queries)
    lengths = np.linalg.norm(raw.vectors, axis=1)
    if float(lengths.std()) > _UNIT_LENGTHS:
        return np.asarray(raw.vectors, np.float32), np.asarray(raw.queries, np.float32)
    random = np.random.default_rng(_STRETCH_SEED)
    stretched = [
        np.asarray(rows * random.lognormal(0.0, _STRETCH, (len(rows), 1)), np.float32)
        for rows in (raw.vectors, raw.queries)
    ]
    return stretched[0], stretched[1]


@dataclass(frozen=True, eq=False)
class _Asked:
    """`least` is the score of the last true match of each query, less what rounding may hide."""

    vectors: Rows
    queries: Rows
    metric: Metric
    top_k: int
    least: NDArray[np.float64]


def _achieved(reads: AnswerReads, opened: OpenCollection, asked: _Asked, target: float) -> Achieved:
    shares, times, methods = [], [], Counter[str]()
    for query, least in zip(asked.queries, asked.least, strict=True):
        search = Search([encode_vectors(query[None])], None, asked.top_k, target)
        started = time.perf_counter()
        answer = reads.search(READ, search, opened).answer
        times.append((time.perf_counter() - started) * 1000)
        methods[answer.method] += 1
        found = sorted({int(match.id) for match in answer.matches[0]})
        scores = _scores(asked.vectors[found].astype(np.float64), query.astype(np.float64)[None], asked.metric)
        shares.append(int(np.count_nonzero(scores >= least)) / min(asked.top_k, len(asked.vectors)))
    return Achieved(target, float(np.mean(shares)), dict(methods), median(times))


def _least_scores(vectors: Rows, queries: Rows, metric: Metric, top_k: int) -> NDArray[np.float64]:
    best = np.empty((len(queries), 0))
    largest = 0.0
    for start in range(0, len(vectors), _BLOCK_ROWS):
        scores = _scores(vectors[start : start + _BLOCK_ROWS], queries, metric)
        largest = max(largest, float(np.abs(scores).max()))
        best = _highest(np.concatenate([best, _highest(scores, top_k)], axis=1), top_k)
    least: NDArray[np.float64] = best.min(axis=1) - _TIE * largest
    return least


def _highest(scores: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    kept = min(count, scores.shape[1])
    return np.partition(scores, -kept, axis=1)[:, -kept:]


def _scores(rows: NDArray[np.floating], queries: NDArray[np.floating], metric: Metric) -> NDArray[np.float64]:
    """Higher is closer: (queries, rows). Under cosine all have length one."""
    products: NDArray[np.float64] = np.asarray(queries @ rows.T, np.float64)
    if metric is not Metric.EUCLIDEAN:
        return products
    lengths: NDArray[np.float64] = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    return 2 * products - lengths
