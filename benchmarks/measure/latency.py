"""Latencies in summary, from exact samples."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

SAMPLES_BEYOND: Final = 10
"""A percentile is told only if at least as many samples lie above it: fewer say more about chance."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds at the client. A percentile is None where there are too few samples to tell it."""

    samples: int
    p50_ms: float
    p90_ms: float | None
    p99_ms: float | None
    largest_ms: float

    @classmethod
    def of(cls, samples_ms: NDArray[np.float64]) -> Self:
        """The summary of at least one sample."""
        return cls(
            samples=len(samples_ms),
            p50_ms=float(np.percentile(samples_ms, 50)),
            p90_ms=_tail(samples_ms, 90),
            p99_ms=_tail(samples_ms, 99),
            largest_ms=float(samples_ms.max()),
        )


def _tail(samples_ms: NDArray[np.float64], percent: int) -> float | None:
    beyond = len(samples_ms) * (100 - percent) / 100
    return float(np.percentile(samples_ms, percent)) if beyond >= SAMPLES_BEYOND else None
