"""Finds candidates in one segment: rows that hold the best ones, at the recall that was asked for."""

from collections.abc import Iterator, Sequence
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
from shared.index.sketch import QuerySketch
from shared.index.sketch_search import Descent, Probe, floor_of, search_from_afar

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
# Ranks kept while the segments of a batch are looked at one by one: 16 MB at most, of four bytes each.
_RANKS_AT_ONCE: Final = 4_000_000


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


@dataclass(frozen=True, eq=False)
class Part:
    """One segment's part in a search: the rows that may be found, and how they are looked for.

    `task` differs between segments in `top_k` alone, of which a segment may have fewer.
    """

    segment: Segment
    task: Task
    among: RowSet
    choice: Choice

    @property
    def descends(self) -> bool:
        """Whether it is searched by a sketch whose rows are scored here."""
        return self.choice.method == "sketch" and self.segment.sketch is not None and self.segment.is_local


def find_candidates(segment: Segment, task: Task, among: RowSet, choice: Choice) -> list[Candidates]:
    """For each query, rows of the set to be scored exactly, with their vectors.

    Fewer than `top_k` only where the set has fewer.
    """
    return find_together([Part(segment, task, among, choice)], task.top_k)[0]


def find_together(parts: Sequence[Part], top_k: int) -> list[list[Candidates]]:
    """Per part and query, rows to be scored exactly, with their vectors: they hold the best `top_k` of all parts."""
    found: list[list[Candidates]] = [[] if part.descends else _find_alone(part) for part in parts]
    descending = [place for place, part in enumerate(parts) if part.descends]
    if descending:
        for answers in _descend([parts[place] for place in descending], top_k):
            for place, candidates in zip(descending, answers, strict=True):
                found[place].append(candidates)
    return found


def _descend(parts: Sequence[Part], top_k: int) -> Iterator[list[Candidates]]:
    """Per query, the candidates of each part. How deep one part is searched depends on what others have found."""
    queries = parts[0].task.queries
    at_once = max(1, _RANKS_AT_ONCE // sum(part.segment.rows for part in parts))
    for start in range(0, len(queries), at_once):
        block = queries[start : start + at_once]
        begun = [_begin(part, block, projected) for part, projected in zip(parts, _project(parts, block), strict=True)]
        for descents in zip(*begun, strict=True):
            floor = floor_of(descents, top_k)
            pairs = zip(parts, descents, strict=True)
            yield [descent.down_to(part.choice.confidence, floor).candidates for part, descent in pairs]


def _begin(part: Part, queries: NDArray[np.float32], projected: Sequence[QuerySketch]) -> list[Descent]:
    sketch = part.segment.sketch
    assert sketch is not None  # noqa: S101 - `descends` says so
    return [
        Descent(part.segment, sketch, Probe(query, part.among, part.task.top_k), each)
        for query, each in zip(queries, projected, strict=True)
    ]


def _project(parts: Sequence[Part], queries: NDArray[np.float32]) -> list[list[QuerySketch]]:
    """The queries sketched for each part; segments of one shard have their directions in common."""
    turned: dict[int, NDArray[np.float32]] = {}
    sketched = []
    for sketch in [part.segment.sketch for part in parts if part.segment.sketch is not None]:
        if id(sketch.directions) not in turned:
            turned[id(sketch.directions)] = queries @ sketch.directions
        sketched.append(sketch.project(queries, turned[id(sketch.directions)]))
    return sketched


def _find_alone(part: Part) -> list[Candidates]:
    segment, among, choice = part.segment, part.among, part.choice
    probes = [Probe(query, among, part.task.top_k) for query in part.task.queries]
    if choice.method == "sketch" and segment.sketch is not None:
        return [search_from_afar(segment, segment.sketch, probe, choice.pool, choice.size) for probe in probes]
    if choice.method == "forest" and segment.forest is not None:
        found = [_by_forest(segment, segment.forest, probe, choice.size) for probe in probes]
    else:
        found = exact_candidates(segment, part.task.queries, among, part.task.top_k)
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
