"""Who asks: the course of a scenario with a deviation that lasts a while, and chance."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.model import Scenario

Floats = NDArray[np.float64]


def requests_asked(scenario: Scenario, streams: Floats, returning_per_s: Floats, seed: int, *, beat_s: int) -> Floats:
    """Requests in each tick of each beat (beats, ticks, regions); the same seed asks the same, whatever is done.

    `streams` are those at the ends of beats (beats + 1, regions), `returning_per_s` who asks besides (beats, regions).
    """
    random = np.random.default_rng([seed, scenario.seed])
    ticks = beat_s // scenario.tick_s
    middles = ((np.arange(ticks) + 0.5) / ticks)[:, None]
    rate = (streams[:-1, None] * (1 - middles) + streams[1:, None] * middles) * scenario.stream.queries_per_s
    lifted = rate * (
        1 + scenario.bursty.cv * _deviations(random, scenario, len(rate), streams.shape[1], beat_s)[:, None]
    )
    expected = (np.maximum(lifted, 0.0) + returning_per_s[:, None]) * scenario.tick_s
    return random.poisson(expected).astype(np.float64)


def _deviations(random: np.random.Generator, scenario: Scenario, beats: int, regions: int, beat_s: int) -> Floats:
    """What each beat of each region is off by, in standard deviations; `memory_s` later little of it is left."""
    keeps = float(np.exp(-beat_s / scenario.bursty.memory_s))
    shocks = random.standard_normal((beats + 1, regions))
    shocks[1:] *= np.sqrt(1 - keeps**2)
    for beat in range(1, beats + 1):
        shocks[beat] += keeps * shocks[beat - 1]
    return shocks[1:]
