"""Regression with a prior, against outliers, judged day by day."""

import numpy as np
import pytest

from functions.burst_prediction.robust_ridge import Regression, fit

DAYS, PER_DAY = 10, 100


def regression(*, slope: float = 2.0, noise: float = 0.1, prior: float = 0.0, seed: int = 1) -> Regression:
    """A line through the origin, seen on ten days."""
    rng = np.random.default_rng(seed)
    feature = rng.normal(size=DAYS * PER_DAY)
    rows = np.stack([np.ones_like(feature), feature], axis=1)
    targets = slope * feature + rng.normal(0, noise, len(feature))
    days = np.repeat(np.arange(DAYS), PER_DAY)
    return Regression(rows, targets, np.ones(len(targets)), days, np.array([0.0, prior]))


def test_data_overrule_the_prior_as_far_as_the_strength_allows() -> None:
    """Pulling with 3 % of the rows towards 0, the coefficient is at most a twentieth off; with none it is right."""
    assert fit(regression()).coefficients[1] == pytest.approx(2.0, abs=0.1)
    assert fit(regression(), strengths=(1e-6,)).coefficients[1] == pytest.approx(2.0, abs=0.02)


def test_a_true_prior_is_kept() -> None:
    """Where the prior is right, pulling towards it costs nothing."""
    assert fit(regression(slope=1.0, prior=1.0)).coefficients[1] == pytest.approx(1.0, abs=0.02)


def test_outliers_do_not_pull() -> None:
    """One row in twenty that is absurd moves the coefficient by less than a tenth."""
    clean = regression()
    targets = clean.targets.copy()
    targets[::20] += 30.0

    fitted = fit(Regression(clean.rows, targets, clean.weights, clean.days, clean.prior))

    assert fitted.coefficients[1] == pytest.approx(2.0, abs=0.2)
    assert abs(fitted.coefficients[0]) < 0.1


def test_residuals_of_a_day_do_not_know_the_days_after() -> None:
    """Changing the last day leaves the residuals of the days before as they were, at one strength and weighting."""
    first = regression()
    changed = first.targets.copy()
    changed[-PER_DAY:] *= -1
    second = Regression(first.rows, changed, first.weights, first.days, first.prior)

    before = [fit(one, strengths=(0.1,)).residuals[:-PER_DAY] for one in (first, second)]

    np.testing.assert_allclose(before[0], before[1])


def test_the_strength_that_foresees_best_is_taken() -> None:
    """Where the feature says nothing about the target the strongest shrinkage wins."""
    noise = regression(slope=0.0, noise=1.0)

    assert fit(noise, strengths=(0.001, 10.0)).strength == 10.0


def test_one_day_is_enough_to_fit() -> None:
    """A series of a single day is judged by itself."""
    whole = regression()
    day = slice(0, PER_DAY)

    fitted = fit(Regression(whole.rows[day], whole.targets[day], whole.weights[day], whole.days[day], whole.prior))

    assert np.isfinite(fitted.coefficients).all()
