"""Array operations of the forecast."""

import numpy as np
import pytest

from functions.burst_prediction.arrays import at, earlier, hats, is_weekend, smoothed, trailing_mean


def test_earlier_values_are_unknown_before_the_series() -> None:
    """Shifting keeps the length and invents nothing."""
    np.testing.assert_array_equal(earlier(np.array([1.0, 2, 3]), 1), [np.nan, 1, 2])
    np.testing.assert_array_equal(earlier(np.array([1.0, 2, 3]), 0), [1, 2, 3])


def test_outside_a_series_is_zero() -> None:
    """Lookups before, after and at unknown values give 0."""
    assert at(np.array([1.0, np.nan, 3]), np.array([-1, 0, 1, 2, 3])).tolist() == [0, 1, 0, 3, 0]


def test_a_trailing_mean_halves_the_weight_each_half_life() -> None:
    """Of two values one half-life apart the older weighs half; a constant stays."""
    assert trailing_mean(np.array([0.0, 3.0]), 1.0)[1] == pytest.approx(2.0)
    assert trailing_mean(np.full(50, 7.0), 3.0) == pytest.approx(7.0)


def test_smoothing_keeps_constants_and_nothing_is_smoothed_over_no_bins() -> None:
    """A constant has no ends; a width of 0 changes nothing."""
    assert smoothed(np.full(9, 5.0), 2) == pytest.approx(5.0)
    assert smoothed(np.array([1.0, 9, 1]), 0).tolist() == [1, 9, 1]


def test_hats_sum_to_one_between_the_inner_knots() -> None:
    """The basis reproduces constants and vanishes outside."""
    knots = np.array([0.0, 1, 3, 4, 6])

    inside = hats(np.array([1.0, 1.5, 2.9, 4.0]), knots)

    assert inside.sum(axis=1) == pytest.approx(1.0)
    assert not hats(np.array([-1.0, 0, 6, 9]), knots).any()


def test_the_epoch_was_a_thursday() -> None:
    """The third and fourth of January 1970 were a weekend."""
    assert is_weekend(np.arange(0.0, 7200.0, 1440.0, dtype=np.float64)).tolist() == [False, False, True, True, False]
