"""Search of one segment by its sketch: rows proposed by bits, scored by their vectors, as many as the query needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.index.planner import GATHER_COST
from shared.index.rowset import RowSet
from shared.index.scan import exact_candidates, length_of, rank_error, ranks_of
from shared.index.segment import Candidates, Segment
from shared.index.sketch import QuerySketch, Sketch

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
    descent = begin_descent(segment, sketch, probe)
    return descent.down_to(confidence, floor_of([descent], probe.top_k))


def begin_descent(segment: Segment, sketch: Sketch, probe: Probe) -> "Descent":
    """The first rows of one query to one segment."""
    return Descent(segment, sketch, probe, sketch.project(probe.query[None])[0])


class Descent:
    """One query on its way down the ranking of one segment's sketch.

    The best few dozen rows by bits are scored first. Their exact angles tell how deep a row as close as they are may
    hide, and all rows down to there are scored too; where that is a large part of all, reading all in order is faster.
    """

    def __init__(self, segment: Segment, sketch: Sketch, probe: Probe, query: QuerySketch) -> None:
        self._segment, self._sketch, self._probe, self._query = segment, sketch, probe, query
        self._ranking = sketch.rank(query, probe.among)
        rows, self._reached = self._ranking.best(max(_FIRST_ROWS, _FIRST_PER_WANTED * probe.top_k))
        self._first = rows, segment.vectors_of(rows)
        self.ranks = ranks_of(segment, *self._first, probe.query)
        self.rank_error = rank_error(segment, length_of(probe.query))
        self._scored = len(rows)
        self._later: list[Candidates] = []

    def down_to(self, confidence: float, floor: float) -> Sketched:
        """Candidates at a confidence: rows whose rank reaches `floor`, below which no row is wanted.

        Asked again at a higher confidence, it goes on from there.
        """
        within = (self.ranks >= floor).nonzero()[0]
        if self._reached > -np.inf:
            needed = self._needed_rank(confidence, len(within))
            more = self._ranking.between(needed, self._reached)
            if (self._scored + len(more)) * GATHER_COST > self._segment.rows:
                rows = exact_candidates(self._segment, self._probe.query[None], self._probe.among, self._probe.top_k)[0]
                return Sketched((rows, self._segment.vectors_of(rows)), 0, scanned=True)
            for start in range(0, len(more), _GATHER_ROWS):
                self._score(more[start : start + _GATHER_ROWS], floor)
            self._scored += len(more)
            self._reached = min(needed, self._reached)
        rows, vectors = self._first
        return Sketched(_together([(rows[within], vectors[within]), *self._later]), self._scored)

    def _needed_rank(self, confidence: float, within: int) -> float:
        """The rank below which no more than a share of the wanted rows stands.

        Wanted are rows as close as those found that are among the best of all segments, and as the next one here:
        another like these may be among the best, one that is further away than that next one cannot.
        """
        nearest = (-self.ranks).argsort()[: min(within + 1, self._probe.top_k)]
        rows, vectors = self._first[0][nearest], self._first[1][nearest]
        products = vectors @ self._query.centred
        if self._segment.spec.metric is Metric.COSINE:
            products *= self._segment.scale[rows]
        return self._sketch.needed_rank(self._query, rows, products - self._query.on_mean, confidence)

    def _score(self, rows: NDArray[np.int64], floor: float) -> None:
        vectors = self._segment.vectors_of(rows)
        within = (ranks_of(self._segment, rows, vectors, self._probe.query) >= floor).nonzero()[0]
        if len(within):
            self._later.append((rows[within], vectors[within]))


def floor_of(descents: Sequence[Descent], top_k: int) -> float:
    """The rank that every one of a query's best `top_k` reaches for certain, as far as first rows can tell."""
    ranks = np.concatenate([descent.ranks for descent in descents])
    if not 0 < top_k <= len(ranks):
        return -np.inf
    ranks.partition(len(ranks) - top_k)
    lowest = float(ranks[len(ranks) - top_k]) - 2 * max(descent.rank_error for descent in descents)
    # Rounding upward could leave out a row that belongs.
    return float(np.nextafter(np.float32(lowest), np.float32(-np.inf)))


def _together(parts: Sequence[Candidates]) -> Candidates:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([vectors for _, vectors in parts])


def search_from_afar(segment: Segment, sketch: Sketch, probe: Probe, pool: int, size: int) -> Candidates:
    """`size` rows chosen by the finer estimate from the `pool` best by bits, with their vectors, which are fetched."""
    projected = sketch.project(probe.query[None])[0]
    size = max(size, probe.top_k)
    rows, _ = sketch.rank(projected, probe.among).best(max(pool, size))
    rows = sketch.refine(projected, rows, size)
    return rows, segment.vectors_of(rows)
