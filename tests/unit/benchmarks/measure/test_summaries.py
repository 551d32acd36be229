"""Latencies and ratios in summary."""

import numpy as np
import pytest

from benchmarks.measure.latency import Latency
from benchmarks.measure.ratio import Ratio


def test_percentiles_come_from_the_samples() -> None:
    """Exact samples, no buckets."""
    latency = Latency.of(np.arange(1, 2001, dtype=np.float64))

    assert (latency.samples, latency.p50_ms, latency.largest_ms) == (2000, 1000.5, 2000.0)
    assert latency.p99_ms == pytest.approx(1980.01)


def test_a_tail_that_too_few_samples_show_is_not_told() -> None:
    """The p99 of 500 samples rests on five of them."""
    latency = Latency.of(np.ones(500))

    assert latency.p90_ms == 1.0
    assert latency.p99_ms is None


def test_a_ratio_is_taken_round_by_round() -> None:
    """A slow round slows both systems, and its ratio is as good as that of a quick one."""
    ratio = Ratio.of([1.0, 10.0, 3.0], [2.0, 20.0, 2.0])

    assert ratio == Ratio(median=0.5, smallest=0.5, largest=1.5)


def test_a_ratio_needs_as_many_figures_of_both() -> None:
    """A round that one system missed cannot be compared."""
    with pytest.raises(ValueError, match="zip"):
        Ratio.of([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="no rounds"):
        Ratio.of([], [])
