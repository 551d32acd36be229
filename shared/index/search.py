"""Finds candidates in one segment: rows that hold the best ones, at the recall that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.index.forest import Forest
from shared.index.planner import GATHER_COST, Ask, Choice, plan_search
from shared.index.rowset import RowSet
from shared.index.scan import exact_candidates
from shared.index.segment import Candidates, Segment
from shared.index.sketch_search import Probe, search_by_sketch, search_from_afar

# From most to least exact.
METHODS: Final = ("exact", "sketch", "forest")
# Annoy's own distances decide who is among the nearest; a few more make up for their rounding.
_FOREST_SPARE: Final = 8
_EXACT: Final = Choice("exact", 1.0, 0.0)
# From afar and without a calibration nothing is promised; this much reaches 0.99 on sentence and word vectors.
_FETCHED: Final = Choice("sketch", 0.0, 0.0, pool=3200, size=200)
_LEAST_CONFIDENCE: Final = 0.6
_GREATEST_CONFIDENCE: Final = 0.999
# Up to this many rows, or for this many queries together, reading all rows takes no longer than reading all bits.
_SCANNED_ROWS: Final = 4096
_BATCH: Final = 8


@dataclass(frozen=True, eq=False)
class Task:
    """What is asked of every segment. `queries` is float32 (count, dimension), of unit length under cosine."""

    queries: NDArray[np.float32]
    top_k: int
    recall: float
    filtered: bool = False


def least_exact(methods: Sequence[str]) -> str:
    """The one method that describes a search of several segments."""
    return max(methods, key=METHODS.index, default=METHODS[0])


def choose(segment: Segment, task: Task, among: RowSet) -> Choice:
    """How this segment will be searched."""
    if segment.calibration is None:
        return _unmeasured_choice(segment, task, among)
    ask = Ask(
        top_k=task.top_k,
        recall=task.recall,
        batch=len(task.queries),
        allowed=among.count,
        filtered=task.filtered,
        local=segment.is_local,
    )
    return plan_search(segment.calibration, ask)


def _unmeasured_choice(segment: Segment, task: Task, among: RowSet) -> Choice:
    """Without a calibration, the confidence stands for the recall: on all that was measured it reached more."""
    if not segment.is_local:
        return _FETCHED
    costly = GATHER_COST * among.count >= _SCANNED_ROWS and len(task.queries) < _BATCH
    if segment.sketch is None or task.recall >= 1 or not costly:
        return _EXACT
    confidence = min(max(task.recall, _LEAST_CONFIDENCE), _GREATEST_CONFIDENCE)
    return Choice("sketch", max(task.recall, _LEAST_CONFIDENCE), 0.0, confidence=confidence)


def find_candidates(segment: Segment, task: Task, among: RowSet, choice: Choice) -> list[Candidates]:
    """For each query, rows of the set to be scored exactly, with their vectors.

    Fewer than `top_k` only where the set has fewer.
    """
    probes = [Probe(query, among, task.top_k) for query in task.queries]
    sketch, forest = segment.sketch, segment.forest
    if choice.method == "sketch" and sketch is not None:
        if not segment.is_local:
            return [search_from_afar(segment, sketch, probe, choice.pool, choice.size) for probe in probes]
        return [search_by_sketch(segment, sketch, probe, choice.confidence).candidates for probe in probes]
    if choice.method == "forest" and forest is not None:
        found = [_by_forest(segment, forest, probe, choice.size) for probe in probes]
    else:
        found = exact_candidates(segment, task.queries, among, task.top_k)
    return [(rows, segment.vectors_of(rows)) for rows in found]


def _by_forest(segment: Segment, forest: Forest, probe: Probe, search_k: int) -> NDArray[np.int64]:
    # Rows that are not allowed take places: as many more are asked for, and more still if that was not enough.
    count = ceil(probe.top_k * segment.rows / probe.among.count) + _FOREST_SPARE
    while search_k < segment.rows * forest.layout.trees:
        rows = forest.nearest(probe.query, count, search_k)
        allowed = rows[probe.among.mask[rows]]
        if len(allowed) >= probe.top_k:
            return allowed
        count, search_k = 4 * count, 4 * search_k
    return exact_candidates(segment, probe.query[None], probe.among, probe.top_k)[0]
