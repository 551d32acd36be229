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
from shared.index.sketch import QuerySketch, Ranking, Sketch

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
    """Rows of the set that hold the best `top_k`, each with at least that probability.

    The best few dozen by bits are scored first. Their exact angles tell how deep a row as close as they are may hide,
    and all rows down to there are scored too; where that is a large part of all, reading all in order is faster.
    """
    projected = sketch.project(probe.query)
    return settle(segment, sketch, probe, projected, sketch.rank(projected, probe.among), confidence)


def settle(  # noqa: PLR0917 - the inputs of one decision, in the order in which they come about
    segment: Segment,
    sketch: Sketch,
    probe: Probe,
    projected: QuerySketch,
    ranking: Ranking,
    confidence: float,
) -> Sketched:
    """As `search_by_sketch`, from ranks that are already there."""
    rows, reached = ranking.best(max(_FIRST_ROWS, _FIRST_PER_WANTED * probe.top_k))
    if len(rows) < len(ranking.ranks) and len(rows) * GATHER_COST > segment.rows:
        return _scan(segment, probe)
    best = _score(segment, probe, rows)
    if reached == -np.inf:
        return Sketched(best, len(rows))
    needed = sketch.needed_rank(projected, best[0], _centred(segment, sketch, best), confidence)
    more = ranking.between(needed, reached)
    scored = len(rows) + len(more)
    if scored * GATHER_COST > segment.rows:
        return _scan(segment, probe)
    for start in range(0, len(more), _GATHER_ROWS):
        best = _better(segment, probe, best, _score(segment, probe, more[start : start + _GATHER_ROWS]))
    return Sketched(best, scored)


def search_from_afar(segment: Segment, sketch: Sketch, probe: Probe, pool: int, size: int) -> Candidates:
    """`size` rows chosen by the finer estimate from the `pool` best by bits, with their vectors, which are fetched."""
    projected = sketch.project(probe.query)
    size = max(size, probe.top_k)
    rows, _ = sketch.rank(projected, probe.among).best(max(pool, size))
    rows = sketch.refine(projected, rows, size)
    return rows, segment.vectors_of(rows)


def _scan(segment: Segment, probe: Probe) -> Sketched:
    rows = exact_candidates(segment, probe.query[None], probe.among, probe.top_k)[0]
    return Sketched((rows, segment.vectors_of(rows)), 0, scanned=True)


def _score(segment: Segment, probe: Probe, rows: NDArray[np.int64]) -> Candidates:
    vectors = segment.vectors_of(rows)
    best = best_places(segment, rows, vectors, probe.query, probe.top_k)
    return rows[best], vectors[best]


def _better(segment: Segment, probe: Probe, one: Candidates, other: Candidates) -> Candidates:
    rows, vectors = np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])
    best = best_places(segment, rows, vectors, probe.query, probe.top_k)
    return rows[best], vectors[best]


def _centred(segment: Segment, sketch: Sketch, found: Candidates) -> NDArray[np.float32]:
    rows, vectors = found
    if segment.spec.metric is Metric.COSINE:
        vectors = vectors * segment.scale[rows, None]
    return np.asarray(vectors - sketch.mean, np.float32)
