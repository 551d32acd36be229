"""Measures the sketch of a base segment: recall by confidence, and by rows fetched."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.index.calibration import RemoteEffort, SketchLevel
from shared.index.questions import NEAREST, Question
from shared.index.segment import Segment
from shared.index.sketch import Sketch
from shared.index.sketch_search import Probe, begin_descent, floor_of

# Below 0.6 next to no time is saved, and queries unlike the rows fare badly; above 0.999 all rows are read.
_CONFIDENCES: Final = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.999)
_FIRST_POOL: Final = 32
_LARGEST_POOL: Final = 4096
_ENOUGH: Final = 0.9995


def sketch_levels(segment: Segment, *kinds: Sequence[Question]) -> tuple[SketchLevel, ...]:
    """Recall and effort at each confidence, for held-out, perturbed and filtered questions, in that order."""
    sketch = segment.sketch
    if sketch is None:
        return ()
    held_out, perturbed, filtered = ([_trials(segment, sketch, question, 10) for question in kind] for kind in kinds)
    wide = [[_trials(segment, sketch, question, NEAREST) for question in kind[::4]] for kind in kinds[:2]]
    levels = []
    for level, confidence in enumerate(_CONFIDENCES):
        tens = [recall_of(trial[level].recall for trial in kind) for kind in (held_out, perturbed)]
        hundreds = [recall_of(trial[level].recall for trial in kind) for kind in wide]
        together, together_wide = held_out + perturbed, wide[0] + wide[1]
        levels.append(
            SketchLevel(
                confidence=confidence,
                recall_10=min(tens),
                recall_100=min(hundreds),
                filtered_10=recall_of(trial[level].recall for trial in filtered),
                rows_10=_mean(trial[level].scored for trial in together),
                rows_100=_mean(trial[level].scored for trial in together_wide),
                scans_10=_mean(trial[level].scanned for trial in together),
                scans_100=_mean(trial[level].scanned for trial in together_wide),
            )
        )
    return tuple(levels)


@dataclass(frozen=True)
class _Trial:
    """What one question got at one confidence."""

    recall: float
    scored: int
    scanned: bool


def _trials(segment: Segment, sketch: Sketch, question: Question, nearest: int) -> list[_Trial]:
    """One trial per confidence, on one way down."""
    top_k = min(nearest, question.among.count)
    descent = begin_descent(segment, sketch, Probe(question.query, question.among, top_k))
    floor = floor_of([descent], top_k)
    truth = question.truth[:nearest]
    trials: list[_Trial] = []
    for confidence in _CONFIDENCES:
        if trials and trials[-1].scanned:
            trials.append(trials[-1])
            continue
        found = descent.down_to(confidence, floor)
        hit = float(np.isin(truth, found.candidates[0]).mean()) if len(truth) else 1.0
        trials.append(_Trial(hit, found.scored, found.scanned))
    return trials


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
    projected = sketch.project(question.query[None])[0]
    ranks = sketch.ranks(projected)
    rising = np.sort(ranks[question.among.members])
    by_bits = len(rising) - np.searchsorted(rising, ranks[question.truth], "left")
    pool, _ = sketch.rank(projected, question.among).best(_LARGEST_POOL)
    estimates = sketch.estimates(projected, pool)
    of_row = np.full(sketch.rows, np.inf, np.float32)
    of_row[pool] = estimates
    # A neighbour outside the largest pool is found by no effort that refines: its place by bits is beyond it.
    by_estimate = len(pool) - np.searchsorted(np.sort(estimates), of_row[question.truth], "left")
    return _Places(by_bits, by_estimate)


def remote_efforts(segment: Segment, *kinds: Sequence[Question]) -> tuple[RemoteEffort, ...]:
    """All efforts, read off one ranking of each question; held-out, perturbed and filtered ones."""
    sketch = segment.sketch
    if sketch is None:
        return ()
    held_out, perturbed, filtered = ([_places(sketch, question) for question in kind[::2]] for kind in kinds)
    efforts: list[RemoteEffort] = []
    for pool in doubling(_FIRST_POOL, max(_FIRST_POOL, min(_LARGEST_POOL, segment.rows // 2))):
        for size in (pool, pool // 4, pool // 16):
            if size < _FIRST_POOL:
                continue
            tens, hundreds = (
                [recall_of(places.found(pool, size, nearest) for places in kind) for kind in (held_out, perturbed)]
                for nearest in (10, NEAREST)
            )
            far = recall_of(places.found(pool, size, 10) for places in filtered)
            efforts.append(RemoteEffort(pool, size, min(tens), min(hundreds), far))
        if min(efforts[-1].recall_100, efforts[-1].filtered_10) >= _ENOUGH:
            break
    return tuple(efforts)


def doubling(first: int, last: int) -> Iterator[int]:
    """`first`, twice that, and so on, up to `last`."""
    while first <= last:
        yield first
        first *= 2


def recall_of(shares: Iterable[float]) -> float:
    """The mean less its standard error: what a few dozen questions can vouch for."""
    found = np.array(list(shares) or [1.0])
    return max(0.0, round(float(found.mean() - found.std() / len(found) ** 0.5), 4))


def _mean(values: Iterable[float]) -> float:
    return round(float(np.mean(list(values) or [0.0])), 4)
