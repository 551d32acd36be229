"""Measures a base segment: what recall each method and effort reaches, and how long it takes.

Queries are not documents, so two kinds are asked. *Held-out*: a row of the segment that must not find itself.
*Perturbed*: a row with as much noise added as it is long, shaped like the data; its nearest rows are as far away as
those of real questions (mean cosine 0.71, against 0.58 of real sentences and 0.71 of held-out words), and it is at
least as hard to answer. The lower recall of the two counts. Under filters, the rows near *another* row are allowed,
which is the worst case: they stand far from the query, where bits tell little.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.index.calibration import Calibration, ForestEffort, SketchEffort
from shared.index.forest import Forest
from shared.index.metric import exact_scores, norms
from shared.index.planner import Choice
from shared.index.rowset import RowSet, all_rows
from shared.index.scan import exact_candidates, rank_all
from shared.index.search import Task, find_candidates
from shared.index.segment import Segment
from shared.index.sketch import Sketch

_NEAREST: Final = 100
_FOREST_QUESTIONS: Final = 24
_FIRST_SEARCH_K: Final = 500
_FIRST_POOL: Final = 16
_LARGEST_POOL: Final = 8192
_TIMED_POOL: Final = 2048
_TIMED_QUESTIONS: Final = 12
_BATCH: Final = 32
_REPEATS: Final = 5
# The share of rows that a calibration filter allows.
_FILTER_SHARE: Final = 0.05
_ENOUGH: Final = 0.9995


@dataclass(frozen=True, eq=False)
class Question:
    """A query, the rows it may find, and the nearest of them, best first."""

    query: NDArray[np.float32]
    among: RowSet
    truth: NDArray[np.int64]


def calibrate(segment: Segment, *, questions: int, seed: int) -> Calibration:
    """Measure an opened base segment with that many queries of each kind."""
    random = np.random.default_rng(seed)
    rows = random.choice(segment.rows, size=min(questions, segment.rows), replace=False)
    held_out, perturbed = plain_questions(segment, rows, random)
    filtered = _filtered_questions(segment, perturbed[::2], random.permutation(rows)[::2])
    single, batched = _exact_times(segment, perturbed)
    fixed, pool_row, row = _sketch_times(segment, perturbed)
    forest = _forest_efforts(segment, held_out, perturbed, limit_s=single)
    return Calibration(
        rows=segment.rows,
        questions=len(held_out) + len(perturbed) + len(filtered),
        exact_single_s=single,
        exact_batched_s=batched,
        sketch_fixed_s=fixed,
        sketch_pool_row_s=pool_row,
        sketch_row_s=row,
        forest_item_s=forest[-1].seconds / forest[-1].search_k if forest else 0.0,
        sketch=_sketch_efforts(segment, held_out, perturbed, filtered),
        forest=forest,
    )


def plain_questions(
    segment: Segment, rows: NDArray[np.int64], random: np.random.Generator
) -> tuple[list[Question], list[Question]]:
    """Held-out and perturbed questions about some rows, with their true answers."""
    own = segment.vectors_of(rows)
    everything = all_rows(segment.rows)
    queries = _unit(segment, own)
    truths = _nearest(segment, queries, everything, _NEAREST + 1)
    held_out = [
        Question(query, _without(segment, row), truth[truth != row][:_NEAREST])
        for query, row, truth in zip(queries, rows.tolist(), truths, strict=True)
    ]
    noisy = _unit(segment, _perturbed(segment, own, random))
    truths = _nearest(segment, noisy, everything, _NEAREST)
    perturbed = [Question(query, everything, truth) for query, truth in zip(noisy, truths, strict=True)]
    return held_out, perturbed


def _filtered_questions(segment: Segment, questions: Sequence[Question], rows: NDArray[np.int64]) -> list[Question]:
    """The same queries, where only rows around another row are allowed."""
    count = max(1, int(_FILTER_SHARE * segment.rows))
    ranks = rank_all(segment, _unit(segment, segment.vectors_of(rows)))
    filtered = []
    for question, other in zip(questions, ranks, strict=True):
        mask = np.zeros(segment.rows, np.bool_)
        mask[np.argpartition(other, segment.rows - count)[segment.rows - count :]] = True
        among = RowSet(mask)
        truth = _nearest(segment, question.query[None], among, _NEAREST)[0]
        filtered.append(Question(question.query, among, truth))
    return filtered


def _nearest(segment: Segment, queries: NDArray[np.float32], among: RowSet, count: int) -> list[NDArray[np.int64]]:
    found = []
    for start in range(0, len(queries), _BATCH):
        block = queries[start : start + _BATCH]
        for query, rows in zip(block, exact_candidates(segment, block, among, count), strict=True):
            scores = exact_scores(segment.vectors_of(rows), query, segment.spec.metric)
            found.append(rows[np.argsort(-scores, kind="stable")[:count]])
    return found


def _unit(segment: Segment, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if segment.spec.metric is not Metric.COSINE:
        return vectors
    lengths = norms(vectors)
    lengths[lengths == 0] = 1
    return np.asarray(vectors / lengths[:, None], np.float32)


def _perturbed(segment: Segment, own: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    sample = segment.vectors_of(random.integers(segment.rows, size=min(2000, segment.rows)))
    noise = random.normal(size=own.shape) * sample.std(axis=0)
    lengths = norms(noise)
    lengths[lengths == 0] = 1
    return np.asarray(own + noise * (norms(own) / lengths)[:, None], np.float32)


def _without(segment: Segment, row: int) -> RowSet:
    mask = np.ones(segment.rows, np.bool_)
    mask[row] = False
    return RowSet(mask)


def _exact_times(segment: Segment, questions: Sequence[Question]) -> tuple[float, float]:
    everything = all_rows(segment.rows)
    queries = np.array([question.query for question in questions[:_BATCH]])
    single = _fastest(lambda: exact_candidates(segment, queries[:1], everything, 10))
    batched = _fastest(lambda: exact_candidates(segment, queries, everything, 10)) / len(queries)
    return single, min(single, batched)


def _fastest(run: Callable[[], Any]) -> float:
    """The least of a few times: others use the machine too, and only ever add."""
    times = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


@dataclass(frozen=True, eq=False)
class _Places:
    """Where the sketch ranks each true neighbour of one question: within a pool or size of that many it is found."""

    by_bits: NDArray[np.int64]
    by_estimate: NDArray[np.int64]

    def found(self, pool: int, size: int, nearest: int) -> float:
        """The share of the `nearest` neighbours that this effort finds."""
        within = self.by_bits[:nearest] <= pool
        if size < pool:
            within &= self.by_estimate[:nearest] <= size
        return float(within.mean()) if len(within) else 1.0


def _places(sketch: Sketch, question: Question) -> _Places:
    projected = sketch.project(question.query)
    ranks = sketch.ranks(projected)
    rising = np.sort(ranks[question.among.members])
    by_bits = len(rising) - np.searchsorted(rising, ranks[question.truth], "left")
    pool = sketch.nearest(projected, _LARGEST_POOL, question.among)
    estimates = sketch.estimates(projected, pool)
    of_row = np.full(sketch.rows, np.inf, np.float32)
    of_row[pool] = estimates
    # A neighbour outside the largest pool is found by no effort that refines: its place by bits is beyond it.
    by_estimate = len(pool) - np.searchsorted(np.sort(estimates), of_row[question.truth], "left")
    return _Places(by_bits, by_estimate)


def _sketch_efforts(segment: Segment, *kinds: Sequence[Question]) -> tuple[SketchEffort, ...]:
    """All efforts, read off one ranking of each question; held-out, perturbed and filtered ones."""
    sketch = segment.sketch
    if sketch is None:
        return ()
    held_out, perturbed, filtered = ([_places(sketch, question) for question in kind] for kind in kinds)
    efforts: list[SketchEffort] = []
    for pool in _doubling(_FIRST_POOL, max(_FIRST_POOL, min(_LARGEST_POOL, segment.rows // 2))):
        for size in (pool, pool // 4, pool // 16):
            if size < _FIRST_POOL:
                continue
            tens, hundreds = (
                [_mean(places.found(pool, size, nearest) for places in kind) for kind in (held_out, perturbed)]
                for nearest in (10, _NEAREST)
            )
            far = _mean(places.found(pool, size, 10) for places in filtered)
            efforts.append(SketchEffort(pool, size, min(tens), min(hundreds), far))
        if min(efforts[-1].recall_100, efforts[-1].filtered_10) >= _ENOUGH:
            break
    return tuple(efforts)


def _doubling(first: int, last: int) -> Iterator[int]:
    while first <= last:
        yield first
        first *= 2


def _mean(shares: Iterable[float]) -> float:
    return round(float(np.mean(list(shares) or [1.0])), 4)


def _sketch_times(segment: Segment, questions: Sequence[Question]) -> tuple[float, float, float]:
    """Seconds for reading all bits, for estimating one row, for scoring one row."""
    few, many = _FIRST_POOL, max(2 * _FIRST_POOL, min(_TIMED_POOL, segment.rows // 2))
    low, all_scored, refined = (
        _time_of(segment, questions, Choice("sketch", size, 0, 0, pool))
        for pool, size in ((few, few), (many, many), (many, few))
    )
    row = max(0.0, all_scored - low) / (many - few)
    return max(0.0, low - few * row), max(0.0, refined - low) / many, row


def _time_of(segment: Segment, questions: Sequence[Question], choice: Choice) -> float:
    everything = all_rows(segment.rows)
    times = []
    for question in questions[:_TIMED_QUESTIONS]:
        task = Task(question.query[None], 10, 0.0)
        start = time.perf_counter()
        find_candidates(segment, task, everything, choice)
        times.append(time.perf_counter() - start)
    return median(times)


def _forest_efforts(
    segment: Segment, held_out: Sequence[Question], perturbed: Sequence[Question], *, limit_s: float
) -> tuple[ForestEffort, ...]:
    """Efforts of the forest, up to the first that takes longer than an exact search or finds everything."""
    if segment.forest is None:
        return ()
    efforts: list[ForestEffort] = []
    for search_k in _doubling(_FIRST_SEARCH_K, segment.rows * segment.forest.layout.trees):
        asked = [_ask_forest(segment.forest, kind[:_FOREST_QUESTIONS], search_k) for kind in (held_out, perturbed)]
        seconds = median([taken for _, _, times in asked for taken in times])
        efforts.append(ForestEffort(search_k, seconds, min(ten for ten, _, _ in asked), min(h for _, h, _ in asked)))
        if seconds > limit_s or efforts[-1].recall_100 >= _ENOUGH:
            break
    return tuple(efforts)


def _ask_forest(forest: Forest, questions: Sequence[Question], search_k: int) -> tuple[float, float, list[float]]:
    """Mean recall of the 10 and the 100 nearest, and the time of each question."""
    times, tens, hundreds = [], [], []
    for question in questions:
        start = time.perf_counter()
        found = forest.nearest(question.query, _NEAREST + 1, search_k)
        times.append(time.perf_counter() - start)
        hit = np.isin(question.truth, found)
        tens.append(float(hit[:10].mean()) if len(hit) else 1.0)
        hundreds.append(float(hit.mean()) if len(hit) else 1.0)
    return _mean(tens), _mean(hundreds), times
