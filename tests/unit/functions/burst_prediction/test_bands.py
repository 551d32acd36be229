"""Quantiles of the forecast's errors."""

import numpy as np
import pytest

from functions.burst_prediction.bands import QUANTILES, bands, conformal_quantiles, error_scale
from functions.burst_prediction.event_basis import Phase


def test_the_quantile_of_few_errors_is_the_largest() -> None:
    """Ten errors cannot tell what is exceeded once in a hundred: the worst so far stands for it."""
    errors = np.arange(10.0)

    assert conformal_quantiles(errors, np.ones(10)).tolist() == [5, 9, 9, 9]


def test_the_next_error_is_covered_as_often_as_promised() -> None:
    """Of skewed errors, unlike any normal distribution, 5 % of the next ones pass the 95th percentile."""
    rng = np.random.default_rng(1)
    covered = [
        rng.exponential() <= conformal_quantiles(rng.exponential(size=200), np.ones(200))[2] for _ in range(2000)
    ]

    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


def test_recent_errors_weigh_more() -> None:
    """Old small errors do not hide new large ones."""
    errors = np.concatenate([np.zeros(900), np.full(100, 5.0)])
    weights = np.concatenate([np.full(900, 0.01), np.ones(100)])

    assert conformal_quantiles(errors, weights)[0] == 5.0


def test_without_errors_the_band_is_wide() -> None:
    """A series that has just begun may double within the lead once in ten times."""
    nothing = conformal_quantiles(np.array([]), np.array([]))

    assert (nothing * error_scale(np.zeros(1)))[1] == pytest.approx(np.log(2))


def test_phases_have_their_own_bands_where_they_have_errors() -> None:
    """Errors while crowds arrive do not widen quiet times; a phase hardly seen takes those of all events."""
    phases = np.repeat([Phase.QUIET, Phase.ARRIVAL, Phase.STAY], [500, 200, 5])
    errors = np.where(phases == Phase.ARRIVAL, 0.5, 0.0)

    found = bands(np.zeros(705), errors, phases, np.zeros(705)).relative * error_scale(np.zeros(1))

    assert found[:, QUANTILES.index(0.95)].tolist() == pytest.approx([0, 0.5, 0.5, 0.5])


def test_bands_widen_with_the_growth_that_is_foreseen() -> None:
    """Twice the scale, twice the band."""
    made = bands(np.zeros(300), np.full(300, 0.1), np.zeros(300, np.int64), np.zeros(300))

    offsets = made.relative[Phase.QUIET] * error_scale(np.array([0.0, 0.2, -0.2]))[:, None]

    assert offsets[:, 1].tolist() == pytest.approx([0.1, 0.2, 0.2])
