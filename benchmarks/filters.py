"""Filters: the recall at every selectivity, and what a filter of one per cent adds: `swell bench filters`.

In one process, on the runtime of `swell up`: what is measured is the search itself, without HTTP.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.filled import READ, filled
from benchmarks.measure.ratio import Ratio
from benchmarks.vectors.vector_set import VectorSet, exact_neighbours
from shared.domain.collection import AttributeType, Collection, Metric
from shared.index.filter import parse_filter
from shared.index.kept_rows import KeptRows
from shared.reads.service import AnswerReads, Search
from shared.reads.snapshots import OpenCollection
from shared.vectors import encode_vectors

SHARES: Final = (0.0001, 0.001, 0.01, 0.1, 0.5, 1.0)
LEAST_RECALL: Final = 0.95
MOST_ADDED_MS: Final = 2.0
"""What a filter that one per cent of 100,000 rows matches may add to a search."""
_ANEW_TIMES: Final = 21
_SPREAD: Final = 1_000_000


@dataclass(frozen=True)
class FiltersPlan:
    """What every query asks for, and how many of them each round times."""

    recall: float
    top_k: int
    rounds: int
    timed: int


@dataclass(frozen=True)
class Selectivity:
    """One filter. `short` counts answers with fewer rows than `top_k` and than match.

    `anew_ms`: processor time that finding its rows takes, which a search saves when the filter has come before.
    """

    share: float
    matching: int
    recall: float
    short: int
    p50_ms: float
    added_ms: float
    ratio: Ratio
    anew_ms: float

    @property
    def met(self) -> bool:
        """Whether the recall is reached and no answer is short."""
        return self.recall >= LEAST_RECALL and self.short == 0


@dataclass(frozen=True)
class FiltersReport:
    """Medians over rounds. `plain_ms` is a search without a filter, visited in turns with the filtered ones."""

    rows: int
    dimension: int
    segments: int
    plain_ms: float
    selectivities: Sequence[Selectivity]


def measure_filters(vectors: VectorSet, plan: FiltersPlan) -> FiltersReport:
    """Every share, each round all of them in turns with a search without a filter."""
    spots = np.random.default_rng(7).permutation(len(vectors.vectors)) * _SPREAD // len(vectors.vectors)
    attributes = [{"spot": spot} for spot in spots.tolist()]
    declared = Collection("c", "", vectors.dimension, Metric.COSINE, 1, {"spot": AttributeType.INTEGER})
    with filled(declared, vectors.vectors, attributes) as reads:
        opened = reads.open(READ)
        plain, filtered = _timed(reads, opened, vectors, plan)
        found = [_recall(reads, opened, vectors, spots, share, plan=plan) for share in SHARES]
        anew = [_anew_ms(opened, share) for share in SHARES]
        segments = sum(len(each.manifest.segments) for each in opened.snapshots)
    return FiltersReport(
        rows=len(vectors.vectors),
        dimension=vectors.dimension,
        segments=segments,
        plain_ms=median(plain),
        selectivities=[
            Selectivity(
                share=share,
                matching=matching,
                recall=recall,
                short=short,
                p50_ms=median(times),
                added_ms=median(mine - other for mine, other in zip(times, plain, strict=True)),
                ratio=Ratio.of(times, plain),
                anew_ms=anew_ms,
            )
            for share, times, (matching, recall, short), anew_ms in zip(SHARES, filtered, found, anew, strict=True)
        ],
    )


def _anew_ms(opened: OpenCollection, share: float) -> float:
    """The median processor time of finding the rows of a filter in all segments, with nothing kept."""
    condition = parse_filter(_condition(share), opened.collection.attributes)
    taken = []
    for _ in range(_ANEW_TIMES):
        started = time.thread_time()
        for snapshot in opened.snapshots:
            for segment, live, winners in zip(snapshot.segments, snapshot.live, snapshot.winners, strict=True):
                _ = KeptRows(0).allowed(condition, segment.columns, live, winners).count
        taken.append((time.thread_time() - started) * 1000)
    return median(taken)


def _condition(share: float) -> dict[str, Any]:
    return {"range": {"spot": {"lt": round(share * _SPREAD)}}}


def _search(vector: NDArray[np.float32], condition: Mapping[str, Any] | None, plan: FiltersPlan) -> Search:
    return Search([encode_vectors(vector[None])], None, plan.top_k, plan.recall, condition)


def _timed(
    reads: AnswerReads, opened: OpenCollection, vectors: VectorSet, plan: FiltersPlan
) -> tuple[list[float], list[list[float]]]:
    """The median time of a search in each round: without a filter, and with each."""
    conditions = [None, *(_condition(share) for share in SHARES)]
    times: list[list[float]] = [[] for _ in conditions]
    queries = vectors.queries[: plan.timed]
    for number in range(plan.rounds + 1):
        every = list(enumerate(conditions))
        for place, condition in every if number % 2 else reversed(every):
            taken = []
            for query in queries:
                search = _search(query, condition, plan)
                started = time.perf_counter()
                reads.search(READ, search, opened)
                taken.append((time.perf_counter() - started) * 1000)
            if number:  # the first round only warms up
                times[place].append(median(taken))
    return times[0], times[1:]


def _recall(
    reads: AnswerReads,
    opened: OpenCollection,
    vectors: VectorSet,
    spots: NDArray[np.int64],
    share: float,
    *,
    plan: FiltersPlan,
) -> tuple[int, float, int]:
    """How many rows match, the recall against an exact search of these, and the answers that are short."""
    matching = np.flatnonzero(spots < round(share * _SPREAD))
    due = min(plan.top_k, len(matching))
    neighbours, _ = exact_neighbours(vectors.vectors[matching], vectors.queries, due)
    shares, short = [], 0
    for query, true in zip(vectors.queries, neighbours, strict=True):
        answer = reads.search(READ, _search(query, _condition(share), plan), opened).answer
        found = {int(match.id) for match in answer.matches[0]}
        short += len(found) < due
        shares.append(len(found & {int(each) for each in matching[true]}) / due)
    return len(matching), float(np.mean(shares)), short
