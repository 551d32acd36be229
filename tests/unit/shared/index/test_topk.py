"""Thresholds instead of sorting."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shared.index.topk import at_least, best_of, threshold_of


@given(st.integers(1, 3000), st.integers(1, 400), st.integers(0, 10**6))
def test_a_threshold_is_reached_by_enough_and_not_by_many_more(length: int, count: int, seed: int) -> None:
    """At least `count` ranks reach it; the `count`-th highest itself does, so nothing better is lost."""
    ranks = np.random.default_rng(seed).integers(0, 500, length).astype(np.uint16)
    if count < length:
        threshold = threshold_of(ranks, count)

        assert int((ranks >= threshold).sum()) >= count
        assert threshold <= np.sort(ranks)[-count]

    assert len(at_least(ranks, count)) >= min(count, length)


def test_a_threshold_is_tight() -> None:
    """On scattered ranks hardly more than a fifth too many reach it: what follows costs by the row."""
    ranks = np.random.default_rng(1).normal(size=60_000).astype(np.float32)

    for count in (10, 100, 1000):
        assert count <= len(at_least(ranks, count)) <= 1.2 * count + 10


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=60), st.integers(1, 70), st.sampled_from([0.0, 1.5, 4.0]))
def test_best_of_keeps_the_best_and_what_is_in_doubt(values: list[int], count: int, slack: float) -> None:
    """All ranks no more than `slack` below the `count`-th highest are kept, and no other."""
    ranks = np.array(values, np.float32)
    floor = sorted(values, reverse=True)[min(count, len(values)) - 1] - slack if count < len(values) else -np.inf

    assert best_of(ranks, count, slack).tolist() == [place for place, value in enumerate(values) if value >= floor]


def test_best_of_never_counts_excluded_rows() -> None:
    """Rows at minus infinity (dead, filtered out) stay out, though too few others are there."""
    ranks = np.array([-np.inf, 3, -np.inf, 1], np.float32)

    assert best_of(ranks, 3, 0.5).tolist() == [1, 3]
