"""Regression that shrinks towards a prior, holds against outliers, and says how it would have done day by day.

Solved on prefixes of the history: the residual of each day comes from the coefficients that the days before it give.
These residuals choose how strongly to shrink, weigh outliers down, and size the forecast's bands, so none of that is
flattered by having seen the day itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.burst_prediction.arrays import Floats, Indices

# Candidates for the strength of the prior, as a share of all rows.
STRENGTHS = (0.03, 0.1, 0.3)
INTERCEPT_STRENGTH = 1e-3
# Errors above this count by their size, not by their square: the score is the absolute error. In log load: 10 %.
QUADRATIC_BELOW = 0.1
# The prior alone predicts the first days; they say little about which strength is right.
DAYS_NOT_JUDGED = 3


@dataclass(frozen=True)
class Regression:
    """Rows (n, p) with a target, a weight and a day each; days rise from 0. The first column is the intercept.

    `gap_days` before a day do not count as its past either: their targets were not yet known.
    """

    rows: Floats
    targets: Floats
    weights: Floats
    days: Indices
    prior: Floats
    gap_days: int = 0


@dataclass(frozen=True)
class Fitted:
    """Coefficients (p,) from all rows; residuals (n,) of each row as its past foresaw it; the strength chosen.

    The first day has no past: its residuals come from itself.
    """

    coefficients: Floats
    residuals: Floats
    strength: float


def fit(regression: Regression, strengths: Sequence[float] = STRENGTHS, passes: int = 2) -> Fitted:
    """Weighted ridge, refitted `passes` times with weights that turn large squared errors into absolute ones."""
    fitted = _fit_once(regression, regression.weights, strengths)
    for number in range(passes):
        error = np.maximum(np.abs(fitted.residuals), QUADRATIC_BELOW)
        candidates = strengths if number == passes - 1 else (fitted.strength,)
        fitted = _fit_once(regression, regression.weights * QUADRATIC_BELOW / error, candidates)
    return fitted


def _fit_once(regression: Regression, weights: Floats, strengths: Sequence[float]) -> Fitted:
    """The strength whose absolute errors, day after day, sum up to the least."""
    prefixes = _Prefixes.of(regression, weights)
    judged = regression.weights * (regression.days >= min(DAYS_NOT_JUDGED, int(regression.days[-1])))
    tried: list[Fitted] = []
    for strength in strengths:
        solved = prefixes.solve(strength, regression.prior)
        past = np.maximum(regression.days - regression.gap_days, 1)
        foreseen = np.einsum("np,np->n", regression.rows, solved[past])
        tried.append(Fitted(solved[-1], regression.targets - foreseen, strength))
    return min(tried, key=lambda fitted: float(judged @ np.abs(fitted.residuals)))


@dataclass(frozen=True)
class _Prefixes:
    """Normal equations of the days before day 0, 1, … and of all days.

    Shapes: (days + 1, p, p), (days + 1, p), (days + 1,).
    """

    gram: Floats
    moment: Floats
    weight: Floats

    @classmethod
    def of(cls, regression: Regression, weights: Floats) -> "_Prefixes":
        days = int(regression.days[-1]) + 1
        edges = np.searchsorted(regression.days, np.arange(days + 1))
        columns = regression.rows.shape[1]
        gram, moment, weight = np.zeros((days + 1, columns, columns)), np.zeros((days + 1, columns)), np.zeros(days + 1)
        for day in range(days):
            rows = slice(edges[day], edges[day + 1])
            weighted = regression.rows[rows] * weights[rows, None]
            gram[day + 1] = gram[day] + weighted.T @ regression.rows[rows]
            moment[day + 1] = moment[day] + weighted.T @ regression.targets[rows]
            weight[day + 1] = weight[day] + weights[rows].sum()
        return cls(gram, moment, weight)

    def solve(self, strength: float, prior: Floats) -> Floats:
        """Coefficients after each prefix (days + 1, p); those of the empty one are the prior."""
        shares = np.full(len(prior), strength)
        shares[0] = INTERCEPT_STRENGTH
        total = np.maximum(self.weight, 1e-9)
        penalty = total[:, None] * shares
        diagonal = np.arange(len(prior))
        system = self.gram.copy()
        system[:, diagonal, diagonal] += penalty
        return np.linalg.solve(system, (self.moment + penalty * prior)[..., None])[..., 0]
