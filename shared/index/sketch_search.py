"""Search of one segment by its sketch: rows proposed by bits, scored by their vectors, as many as the query needs."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.index.planner import GATHER_COST
from shared.index.rowset import RowSet
from shared.index.scan import best_places, exact_candidates
from shared.index.segment import Candidates, Segment
from shared.index.sketch import Sketch

# Rows scored before it is known how many the query needs.
_FIRST_ROWS: Final = 48
_FIRST_PER_WANTED: Final = 4
# Rows gathered at once: their copy stays near the cache.
_GATHER_ROWS: Final = 4096


@dataclass(frozen=True, eq=False)
class Probe:
    """One query, float32 (dimension,), to the rows of one segment that it may find."""

    query: NDArray[np.float32]
    among: RowSet
    top_k: int


@dataclass(frozen=True, eq=False)
class Sketched:
    """Candidates, and what they took: rows scored one by one, or a scan of all (`scanned`)."""

    candidates: Candidates
    scored: int
    scanned: bool = False


def search_by_sketch(segment: Segment, sketch: Sketch, probe: Probe, confidence: float) -> Sketched:
    """Rows of the set that hold the best `top_k`, each with at least that probability."""
    return Descent(segment, sketch, probe).down_to(confidence)


class Descent:
    """One query on its way down the sketch's ranking.

    The best few dozen rows by bits are scored first. Their exact angles tell how deep a row as close as they are may
    hide, and all rows down to there are scored too; where that is a large part of all, reading all in order is faster.
    """

    def __init__(self, segment: Segment, sketch: Sketch, probe: Probe) -> None:
        self._segment, self._sketch, self._probe = segment, sketch, probe
        self._query = sketch.project(probe.query)
        self._ranking = sketch.rank(self._query, probe.among)
        rows, self._reached = self._ranking.best(max(_FIRST_ROWS, _FIRST_PER_WANTED * probe.top_k))
        self._scored = len(rows)
        self._first = self._best = self._score(rows)

    def down_to(self, confidence: float) -> Sketched:
        """Candidates at a confidence; asked again at a higher one, it goes on from there."""
        if self._reached == -np.inf:
            return Sketched(self._best, self._scored)
        centred = self._centred(*self._first)
        needed = self._sketch.needed_rank(self._query, self._first[0], centred, confidence)
        more = self._ranking.between(needed, self._reached)
        if (self._scored + len(more)) * GATHER_COST > self._segment.rows:
            rows = exact_candidates(self._segment, self._probe.query[None], self._probe.among, self._probe.top_k)[0]
            return Sketched((rows, self._segment.vectors_of(rows)), 0, scanned=True)
        for start in range(0, len(more), _GATHER_ROWS):
            self._add(self._score(more[start : start + _GATHER_ROWS]))
        self._scored += len(more)
        self._reached = min(needed, self._reached)
        return Sketched(self._best, self._scored)

    def _score(self, rows: NDArray[np.int64]) -> Candidates:
        return self._keep(rows, self._segment.vectors_of(rows))

    def _add(self, found: Candidates) -> None:
        rows, vectors = np.concatenate([self._best[0], found[0]]), np.concatenate([self._best[1], found[1]])
        self._best = self._keep(rows, vectors)

    def _keep(self, rows: NDArray[np.int64], vectors: NDArray[np.float32]) -> Candidates:
        best = best_places(self._segment, rows, vectors, self._probe.query, self._probe.top_k)
        return rows[best], vectors[best]

    def _centred(self, rows: NDArray[np.int64], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._segment.spec.metric is Metric.COSINE:
            vectors = vectors * self._segment.scale[rows, None]
        return np.asarray(vectors - self._sketch.mean, np.float32)


def search_from_afar(segment: Segment, sketch: Sketch, probe: Probe, pool: int, size: int) -> Candidates:
    """`size` rows chosen by the finer estimate from the `pool` best by bits, with their vectors, which are fetched."""
    projected = sketch.project(probe.query)
    size = max(size, probe.top_k)
    rows, _ = sketch.rank(projected, probe.among).best(max(pool, size))
    rows = sketch.refine(projected, rows, size)
    return rows, segment.vectors_of(rows)
