"""Scores of forecasts."""

import numpy as np
import pytest

from functions.burst_prediction import scores

ACTUAL = np.array([100.0, 200, np.nan, 100])
FORECAST = np.array([110.0, 150, 999, 100])


def test_wape_is_the_absolute_error_over_the_sum() -> None:
    """60 of 400 requests off; the bin that is not known is not scored."""
    assert scores.wape(ACTUAL, FORECAST) == pytest.approx(60 / 400)


def test_skill_is_the_share_of_the_reference_error_done_away_with() -> None:
    """Half the error is a skill of a half; the reference itself has none."""
    reference = np.array([120.0, 100, 1, 100])

    assert scores.skill(ACTUAL, FORECAST, reference) == pytest.approx(0.5)
    assert scores.skill(ACTUAL, reference, reference) == 0


def test_within_counts_bins() -> None:
    """A bin 10 % off is near, one 25 % off is not."""
    assert scores.within(ACTUAL, FORECAST) == pytest.approx(2 / 3)


def test_pinball_of_the_median_is_the_wape() -> None:
    """At one half both kinds of error weigh the same; high quantiles pay for falling short."""
    assert scores.pinball(ACTUAL, FORECAST, 0.5) == pytest.approx(scores.wape(ACTUAL, FORECAST))
    assert scores.pinball(ACTUAL, np.array([90.0, 200, 0, 100]), 0.95) == pytest.approx(2 * 0.95 * 10 / 400)
    assert scores.pinball(ACTUAL, np.array([110.0, 200, 0, 100]), 0.95) == pytest.approx(2 * 0.05 * 10 / 400)


def test_coverage_and_over_provision() -> None:
    """Two of three bins lie at or below; ten requests of 400 were provided for in vain."""
    assert scores.coverage(ACTUAL, FORECAST) == pytest.approx(2 / 3)
    assert scores.over_provision(ACTUAL, FORECAST) == pytest.approx(10 / 400)


def test_nothing_scored_is_not_a_number() -> None:
    """No bins and no requests have no score, least of all a perfect one."""
    assert np.isnan(scores.wape(np.array([np.nan]), np.array([1.0])))
    assert np.isnan(scores.wape(np.zeros(3), np.zeros(3)))
