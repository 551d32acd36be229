"""Who asks: the course of a scenario with a deviation that lasts a while, and chance."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.model import Scenario

Floats = NDArray[np.float64]


class Asking:
    """Draws requests in the order of time; the same seed asks the same, whatever is done about it."""

    def __init__(self, scenario: Scenario, regions: int, seed: int, *, ticks: int) -> None:
        self._random = np.random.default_rng([seed, scenario.seed])
        self._scenario = scenario
        self._deviation = self._random.standard_normal(regions)
        self._middles = (np.arange(ticks) + 0.5)[:, None] / ticks
        self._keeps = float(np.exp(-ticks * scenario.tick_s / scenario.bursty.memory_s))

    def ticks(self, first: Floats, last: Floats, returning_per_s: Floats) -> Floats:
        """Requests in each tick of a beat (ticks, regions), given the streams at its ends and who returns besides."""
        scenario = self._scenario
        rate = (first * (1 - self._middles) + last * self._middles) * scenario.stream.queries_per_s
        shock = self._random.standard_normal(len(first))
        self._deviation = self._keeps * self._deviation + np.sqrt(1 - self._keeps**2) * shock
        lifted = np.maximum(rate * (1 + scenario.bursty.cv * self._deviation), 0.0) + returning_per_s
        requests: Floats = self._random.poisson(lifted * scenario.tick_s).astype(np.float64)
        return requests
