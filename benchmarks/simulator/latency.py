"""How long answers take in a region at a given load, by classes of time."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulator.calibration import QUANTILES, Calibration

Floats = NDArray[np.float64]

BOUNDS_MS: Final = np.geomspace(0.2, 60_000.0, 128)
"""Upper ends of the classes of time: each 10.4 % above the one before."""
FULL: Final = 0.985
"""Beyond this the formula runs to infinity; instances refuse before (admission by latency)."""
LONGEST_WAIT_MS: Final = 100.0
"""Who would wait longer in an instance is refused: `BURST_PATIENCE_S` of shared/serving/lane.py."""
_LOG_BOUNDS: Final = np.log(BOUNDS_MS)
_LOG_LOWER: Final = np.concatenate([[_LOG_BOUNDS[0] - np.log(2)], _LOG_BOUNDS[:-1]])
_LOG_CLASS: Final = float(_LOG_BOUNDS[1] - _LOG_BOUNDS[0])
_PARTS: Final = 4
"""Between two known quantiles answers are spread evenly, as so many of the same time each."""


class Conditions(NamedTuple):
    """What regions (each an element) are like for a while.

    `busy`: utilisation of instances, 0 to 1. `cost`: of the mean request, in searches. `held_ms`: wait in front of the
    instances. `slow`: times as long as usual. `away_ms`: the round trip of requests that come from another region.
    """

    busy: Floats
    cost: Floats
    held_ms: Floats
    slow: Floats
    away_ms: Floats

    @classmethod
    def joined(cls, several: Sequence[Self]) -> Self:
        """Those of several beats, one after the other."""
        names = ("busy", "cost", "held_ms", "slow", "away_ms")
        return cls(*(np.concatenate([getattr(one, name) for one in several]) for name in names))


def crowding(busy: Floats) -> Floats:
    """How long waits are, in multiples of those at half load: busy / (1 - busy), as in a queue."""
    used = np.minimum(busy, FULL)
    multiples: Floats = used / (1 - used)
    return multiples


class LatencyModel:
    """Times of answers, for many regions at once: each quantile is its time without load, and a wait that grows."""

    def __init__(self, calibration: Calibration) -> None:
        chances, self._weights = _atoms()
        self._answers = np.interp(chances, QUANTILES, calibration.answer_ms)
        self._waits = np.interp(chances, QUANTILES, calibration.wait_ms)
        self._mean_answer, self._mean_wait = (float(self._weights @ each) for each in (self._answers, self._waits))
        at = QUANTILES.index(0.99)
        self._p99_answer, self._p99_wait = calibration.answer_ms[at], calibration.wait_ms[at]

    def p99_ms(self, conditions: Conditions) -> Floats:
        """The time that one answer in a hundred takes longer than."""
        return _time(conditions, self._p99_answer, self._p99_wait) + conditions.held_ms + conditions.away_ms

    def mean_ms(self, conditions: Conditions) -> Floats:
        """The mean time of an answer in an instance: wait and work."""
        return _time(conditions, self._mean_answer, self._mean_wait)

    def counts(self, conditions: Conditions, answers: Floats) -> Floats:
        """So many answers of each region by classes of time: (regions, classes)."""
        own = conditions.slow * np.minimum(conditions.cost, 1.0)
        wait = conditions.slow * conditions.cost * crowding(conditions.busy)
        waits = np.minimum(wait[:, None] * self._waits, LONGEST_WAIT_MS)
        shift = conditions.held_ms + conditions.away_ms
        classes = _class_of(own[:, None] * self._answers + waits + shift[:, None])
        rows, kinds = len(answers), len(BOUNDS_MS)
        weights = answers[:, None] * self._weights
        places = classes + kinds * np.arange(rows)[:, None]
        counts: Floats = np.asarray(np.bincount(places.ravel(), weights.ravel(), rows * kinds), np.float64)
        return counts.reshape(rows, kinds)


def _time(conditions: Conditions, answer_ms: float, wait_ms: float) -> Floats:
    wait = np.minimum(conditions.slow * conditions.cost * crowding(conditions.busy) * wait_ms, LONGEST_WAIT_MS)
    time: Floats = conditions.slow * np.minimum(conditions.cost, 1.0) * answer_ms + wait
    return time


def _atoms() -> tuple[Floats, Floats]:
    """Chances between 0 and 1 at which times are read, and what share of the answers each stands for."""
    known = np.array([0.0, *QUANTILES, 1.0])
    parts = (np.arange(_PARTS) + 0.5) / _PARTS
    widths = np.diff(known)
    return (known[:-1, None] + widths[:, None] * parts).ravel(), np.repeat(widths / _PARTS, _PARTS)


def _class_of(times_ms: Floats) -> NDArray[np.intp]:
    """The class whose upper end is the least that is not below a time."""
    position = np.ceil((np.log(np.maximum(times_ms, BOUNDS_MS[0])) - _LOG_BOUNDS[0]) / _LOG_CLASS - 1e-9)
    classes: NDArray[np.intp] = np.minimum(position, len(BOUNDS_MS) - 1).astype(np.intp)
    return classes


def mean_ms(counts: Floats) -> Floats:
    """The mean time of the answers, each in the middle of its class; not a number where there were none."""
    middles = np.exp(_LOG_BOUNDS - _LOG_CLASS / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = counts @ middles / counts.sum(axis=-1)
    return found


def quantile_ms(counts: Floats, quantile: float) -> Floats:
    """The time at most of a share of the answers, between bounds in log; not a number where there were none."""
    totals = counts.sum(axis=-1, keepdims=True)
    reached = np.cumsum(counts, axis=-1)
    wanted = quantile * totals
    position = np.minimum((reached < wanted).sum(axis=-1, keepdims=True), len(BOUNDS_MS) - 1)
    upper = _LOG_BOUNDS[position]
    lower = _LOG_LOWER[position]
    here = np.take_along_axis(counts, position, axis=-1)
    before = np.take_along_axis(reached, position, axis=-1) - here
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(here > 0, (wanted - before) / here, 1.0)
        found = np.exp(lower + (upper - lower) * np.clip(part, 0.0, 1.0))
    result: Floats = np.where(totals > 0, found, np.nan)[..., 0]
    return result
