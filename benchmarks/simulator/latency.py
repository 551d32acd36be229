"""How long answers take in a region at a given load: a queue of the kind M/G/1 in each instance, by classes of time."""

from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True)
class Conditions:
    """What regions (each an element) are like for a while.

    `busy`: utilisation of instances, 0 to 1. `cost`: of the mean request, in searches. `held_ms`: wait in front of the
    instances. `slow`: times as long as usual. `away_ms`: the round trip of requests that come from another region.
    """

    busy: Floats
    cost: Floats
    held_ms: Floats
    slow: Floats
    away_ms: Floats


class LatencyModel:
    """Shares of answers by class of time, for many regions at once."""

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration
        edges = np.concatenate([[0.0], (np.array(QUANTILES)[1:] + np.array(QUANTILES)[:-1]) / 2, [1.0]])
        self._weights = np.diff(edges)
        self._answers = np.array(calibration.answer_ms)

    def wait_ms(self, conditions: Conditions) -> Floats:
        """The mean wait of a request that has to wait in its instance (Pollaczek and Khinchine)."""
        busy = np.minimum(conditions.busy, FULL)
        service = self._calibration.busy_ms * conditions.cost * conditions.slow
        wait: Floats = service * self._calibration.wait_variability / (1 - busy)
        return np.minimum(wait, LONGEST_WAIT_MS)

    def below(self, conditions: Conditions) -> Floats:
        """The share of answers that take at most each of `BOUNDS_MS`: (regions, classes)."""
        mean = np.maximum(self.wait_ms(conditions), 1e-6)
        shift = conditions.held_ms + conditions.away_ms
        answers = self._answers * np.minimum(conditions.cost, 1.0)[:, None] * conditions.slow[:, None]
        left = BOUNDS_MS[None, None, :] - shift[:, None, None] - answers[:, :, None]
        waited = np.exp(np.minimum(-left / mean[:, None, None], 0.0)) * np.minimum(conditions.busy, FULL)[:, None, None]
        shares: Floats = np.einsum("q,rqb->rb", self._weights, np.where(left >= 0, 1 - waited, 0.0))
        return shares

    def mean_ms(self, conditions: Conditions) -> Floats:
        """The mean time of an answer in an instance: wait and work."""
        work = float(self._weights @ self._answers) * np.minimum(conditions.cost, 1.0) * conditions.slow
        busy = np.minimum(conditions.busy, FULL)
        mean: Floats = work + busy * self.wait_ms(conditions)
        return mean


def counted(below: Floats, answers: Floats) -> Floats:
    """Answers by class, given the shares at most at each bound and how many there were: (regions, classes)."""
    shares = np.diff(below, axis=1, prepend=0.0)
    shares[:, -1] += 1 - below[:, -1]
    counts: Floats = shares * answers[:, None]
    return counts


def quantile_ms(counts: Floats, quantile: float) -> Floats:
    """The time at most of a share of the answers, between bounds in log; not a number where there were none."""
    totals = counts.sum(axis=-1, keepdims=True)
    reached = np.cumsum(counts, axis=-1)
    wanted = quantile * totals
    position = np.minimum((reached < wanted).sum(axis=-1, keepdims=True), len(BOUNDS_MS) - 1)
    upper = np.log(BOUNDS_MS)[position]
    lower = np.log(np.concatenate([[BOUNDS_MS[0] / 2], BOUNDS_MS[:-1]]))[position]
    here = np.take_along_axis(counts, position, axis=-1)
    before = np.take_along_axis(reached, position, axis=-1) - here
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(here > 0, (wanted - before) / here, 1.0)
        found = np.exp(lower + (upper - lower) * np.clip(part, 0.0, 1.0))
    result: Floats = np.where(totals > 0, found, np.nan)[..., 0]
    return result
