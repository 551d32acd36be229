"""Measures a base segment: what recall each method and effort reaches, and how long it takes.

Recalls are the lower of held-out and perturbed questions, less the standard error of so few. The forest cannot tell
a strange query from a common one, and spends the same on both: it must answer foreign questions too.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from shared.index.calibration import Calibration, ForestEffort
from shared.index.forest import Forest
from shared.index.measure_sketch import doubling, recall_of, remote_efforts, sketch_levels
from shared.index.questions import NEAREST, Question, filtered_questions, foreign_questions, plain_questions
from shared.index.rowset import all_rows
from shared.index.scan import exact_candidates
from shared.index.segment import Segment
from shared.index.sketch_search import Probe, search_by_sketch

_FOREST_QUESTIONS: Final = 24
_FIRST_SEARCH_K: Final = 1000
_TIMED_QUESTIONS: Final = 24
_TIMED_ROWS: Final = 2048
_LEAST_CONFIDENCE: Final = 0.01
_BATCH: Final = 32
_REPEATS: Final = 5
_ENOUGH: Final = 0.9995


def calibrate(segment: Segment, *, questions: int, seed: int) -> Calibration:
    """Measure an opened base segment with that many queries of each kind."""
    random = np.random.default_rng(seed)
    rows = random.choice(segment.rows, size=min(questions, segment.rows), replace=False)
    held_out, perturbed = plain_questions(segment, rows, random)
    filtered = filtered_questions(segment, perturbed[::2], random.permutation(rows)[::2])
    single, batched = _exact_times(segment, perturbed)
    fixed, row = _sketch_times(segment, perturbed)
    foreign = foreign_questions(segment, _FOREST_QUESTIONS, random)
    forest = _forest_efforts(segment, held_out, perturbed, foreign, limit_s=single)
    return Calibration(
        rows=segment.rows,
        questions=len(held_out) + len(perturbed) + len(filtered),
        exact_single_s=single,
        exact_batched_s=batched,
        sketch_fixed_s=fixed,
        sketch_row_s=row,
        forest_item_s=forest[-1].seconds / forest[-1].search_k if forest else 0.0,
        sketch=sketch_levels(segment, held_out, perturbed, filtered),
        remote=remote_efforts(segment, held_out, perturbed, filtered),
        forest=forest,
    )


def _exact_times(segment: Segment, questions: Sequence[Question]) -> tuple[float, float]:
    everything = all_rows(segment.rows)
    queries = np.array([question.query for question in questions[:_BATCH]])
    single = _time(lambda: exact_candidates(segment, queries[:1], everything, 10))
    batched = _time(lambda: exact_candidates(segment, queries, everything, 10)) / len(queries)
    return single, min(single, batched)


def _time(run: Callable[[], Any], repeats: int = _REPEATS) -> float:
    """The lower quartile of some times: others use the machine too, and only ever add."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return _lower_quartile(times)


def _lower_quartile(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 4]


def _sketch_times(segment: Segment, questions: Sequence[Question]) -> tuple[float, float]:
    """Seconds for a search that scores next to no rows, and for scoring one row."""
    sketch = segment.sketch
    if sketch is None:
        return 0.0, 0.0
    everything = all_rows(segment.rows)
    random = np.random.default_rng(0)
    searches, scores = [], []
    for question in questions[:_TIMED_QUESTIONS]:
        probe = Probe(question.query, everything, 10)
        start = time.perf_counter()
        search_by_sketch(segment, sketch, probe, _LEAST_CONFIDENCE)
        searches.append(time.perf_counter() - start)
        rows = np.sort(random.integers(segment.rows, size=_TIMED_ROWS))
        start = time.perf_counter()
        segment.vectors_of(rows) @ question.query
        scores.append((time.perf_counter() - start) / _TIMED_ROWS)
    return _lower_quartile(searches), _lower_quartile(scores)


def _forest_efforts(segment: Segment, *kinds: Sequence[Question], limit_s: float) -> tuple[ForestEffort, ...]:
    """Efforts of the forest, up to the first that takes half as long as an exact search or finds everything."""
    if segment.forest is None:
        return ()
    efforts: list[ForestEffort] = []
    for search_k in doubling(_FIRST_SEARCH_K, segment.rows * segment.forest.layout.trees):
        asked = [_ask_forest(segment.forest, kind[:_FOREST_QUESTIONS], search_k) for kind in kinds]
        seconds = _lower_quartile([taken for _, _, times in asked for taken in times])
        efforts.append(ForestEffort(search_k, seconds, min(ten for ten, _, _ in asked), min(h for _, h, _ in asked)))
        if seconds > limit_s / 2 or efforts[-1].recall_100 >= _ENOUGH:
            break
    return tuple(efforts)


def _ask_forest(forest: Forest, questions: Sequence[Question], search_k: int) -> tuple[float, float, list[float]]:
    """Mean recall of the 10 and the 100 nearest, and the time of each question."""
    times, tens, hundreds = [], [], []
    for question in questions:
        start = time.perf_counter()
        found = forest.nearest(question.query, NEAREST + 1, search_k)
        times.append(time.perf_counter() - start)
        hit = np.isin(question.truth, found)
        tens.append(float(hit[:10].mean()) if len(hit) else 1.0)
        hundreds.append(float(hit.mean()) if len(hit) else 1.0)
    return recall_of(tens), recall_of(hundreds), times
