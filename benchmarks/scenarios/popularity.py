"""What caches can answer: computed from how popular keys are, never assumed."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.arrival import Drifting, Hotspot, Popularity, Uniform, Zipf

Floats = NDArray[np.float64]
_CLASSES = 400


def weights(popularity: Popularity) -> tuple[Floats, Floats]:
    """Keys in classes of equal popularity: how many keys a class has, and the probability of each of its keys."""
    match popularity:
        case Uniform():
            return np.array([float(popularity.keys)]), np.array([1.0 / popularity.keys])
        case Hotspot():
            hot = max(1.0, round(popularity.keys * popularity.hot_keys))
            cold = max(1.0, popularity.keys - hot)
            share = popularity.hot_requests
            return np.array([hot, cold]), np.array([share / hot, (1 - share) / cold])
        case Zipf() | Drifting():
            return _zipf(popularity.keys, popularity.alpha)


def hit_share(popularity: Popularity, kept: float) -> float:
    """The share of requests that a cache of the `kept` last used keys answers (Che's approximation of LRU)."""
    counts, chances = weights(popularity)
    if kept >= counts.sum():
        return 1.0
    if kept <= 0:
        return 0.0
    return float(np.sum(counts * chances * -np.expm1(-chances * _characteristic(counts, chances, kept))))


def _characteristic(counts: Floats, chances: Floats, kept: float) -> float:
    """Requests after which a key that was not asked for is gone: where the expected number of keys kept is `kept`."""
    low, high = 0.0, kept / float(chances.min())
    for _ in range(80):
        middle = (low + high) / 2
        filled = float(np.sum(counts * -np.expm1(-chances * middle)))
        low, high = (middle, high) if filled < kept else (low, middle)
    return (low + high) / 2


def _zipf(keys: int, alpha: float) -> tuple[Floats, Floats]:
    """Ranks in classes that grow, each with the mean probability of its ranks."""
    edges = np.unique(np.round(np.geomspace(1, keys + 1, min(_CLASSES, keys + 1))).astype(np.int64))
    starts, ends = edges[:-1], edges[1:]
    counts = (ends - starts).astype(np.float64)
    middles = np.sqrt(starts * np.maximum(ends - 1, starts).astype(np.float64))
    mass = counts * middles**-alpha
    return counts, mass / mass.sum() / counts
