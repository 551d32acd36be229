"""The course that a region's load usually takes: level, day, week and the scheduled crowds, in log load."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from functions.burst_prediction.arrays import Floats, Indices, is_weekend, weekdays
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_basis import BASIS_COLUMNS, crowd_basis, prior_log_lift, weekend_crowds
from functions.burst_prediction.log_grid import LogGrid

HISTORY_DAYS = 42
HALF_LIFE_DAYS = 14.0
ROW_MIN = 15
# Days before the end at which the level may bend: freely of late, stiffly long ago.
LEVEL_KNOTS_DAYS = np.array([0, 1, 2, 3, 5, 7, 10, 14, 21, 28, 35, 42], np.float64)
HOURS = 24
# Shrinkage of each group of coefficients, as a share of all rows: the fewer rows tell about one, the more.
LEVEL_SHRINKAGE, HOUR_SHRINKAGE, DIFFERENCE_SHRINKAGE = 1e-4, 1e-3, 3e-3
QUADRATIC_BELOW = 0.1
PASSES = 3
MIN_WEIGHT_SUM = 1e-9

_Between: TypeAlias = tuple[Indices, Indices, Floats]
"""Two columns for each moment, and how far it is on its way from the first to the second."""


@dataclass(frozen=True)
class Profile:
    """Coefficients of the usual course as seen at `end_min`; after it the level stays."""

    end_min: float
    base: float
    season: Floats
    events: Floats

    def season_at(self, minutes: Floats) -> Floats:
        """Level and season without events, in log load."""
        level, hour, weekend, day = np.split(self.season, np.cumsum([len(LEVEL_KNOTS_DAYS), HOURS, HOURS]))
        hours = _hours_around(minutes)
        usual = _mean_of(level, _knots_around(minutes, self.end_min)) + _mean_of(hour, hours)
        days = weekdays(minutes)
        return self.base + usual + is_weekend(minutes) * _mean_of(weekend, hours) + day[days]

    def events_of(self, minutes: Floats, crowds: Sequence[Crowd]) -> Floats:
        """What scheduled crowds, at least one, add in log load. `minutes` must rise."""
        return self.events_at(prior_log_lift(minutes, crowds), event_columns(minutes, crowds))

    def events_at(self, prior_lift: Floats, columns: Floats | None) -> Floats:
        """What scheduled crowds add, in log load, where their priors add so much and their `event_columns` are these.

        Without crowds there are no columns.
        """
        return prior_lift if columns is None else prior_lift + columns @ self.events


def fit_profile(grid: LogGrid, crowds: Sequence[Crowd]) -> Profile:
    """Least absolute deviations on quarter-hour means of the last six weeks; event columns shrink to the prior."""
    minutes, log_load = _rows(grid)
    known = ~np.isnan(log_load)
    minutes, log_load = minutes[known], log_load[known]
    columns = [_season_columns(minutes, grid.end_min)]
    if crowds:
        columns.append(event_columns(minutes, crowds))
        log_load = log_load - prior_log_lift(minutes, crowds)
    weights = 0.5 ** ((grid.end_min - minutes) / 1440 / HALF_LIFE_DAYS)
    base = float(np.average(log_load, weights=weights))
    coefficients = _solve(np.concatenate(columns, axis=1), log_load - base, weights)
    split = columns[0].shape[1]
    events = coefficients[split:] if crowds else np.zeros(2 * BASIS_COLUMNS)
    return Profile(grid.end_min, base, coefficients[:split], events)


def _rows(grid: LogGrid) -> tuple[Floats, Floats]:
    per_row = max(1, ROW_MIN // grid.bin_min)
    rows = min(len(grid), HISTORY_DAYS * grid.bins_per_day) // per_row
    first = len(grid) - rows * per_row
    values = grid.log_load[first:].reshape(rows, per_row)
    known = ~np.isnan(values)
    sums, counts = np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return grid.centres_min[first:].reshape(rows, per_row).mean(axis=1), means


def _solve(columns: Floats, targets: Floats, weights: Floats) -> Floats:
    shrinkage = _shrinkage(columns.shape[1])
    reweighted = weights
    coefficients: Floats = np.zeros(columns.shape[1])
    for _ in range(PASSES):
        scaled = columns * reweighted[:, None]
        system = scaled.T @ columns
        system[np.diag_indices_from(system)] += shrinkage * max(float(reweighted.sum()), MIN_WEIGHT_SUM)
        coefficients = np.asarray(np.linalg.solve(system, scaled.T @ targets), np.float64)
        error = np.abs(targets - columns @ coefficients)
        reweighted = weights * QUADRATIC_BELOW / np.maximum(error, QUADRATIC_BELOW)
    return coefficients


def _shrinkage(columns: int) -> Floats:
    season = [(len(LEVEL_KNOTS_DAYS), LEVEL_SHRINKAGE), (HOURS, HOUR_SHRINKAGE), (HOURS + 7, DIFFERENCE_SHRINKAGE)]
    events = [(BASIS_COLUMNS, HOUR_SHRINKAGE), (BASIS_COLUMNS, DIFFERENCE_SHRINKAGE)]
    groups = [np.full(size, share) for size, share in [*season, *events]]
    return np.concatenate(groups)[:columns]


def _season_columns(minutes: Floats, end_min: float) -> Floats:
    hour = _columns(_hours_around(minutes), HOURS)
    weekend = is_weekend(minutes)[:, None] * hour
    level = _columns(_knots_around(minutes, end_min), len(LEVEL_KNOTS_DAYS))
    return np.concatenate([level, hour, weekend, np.eye(7)[weekdays(minutes)]], axis=1)


def event_columns(minutes: Floats, crowds: Sequence[Crowd]) -> Floats:
    """Where minutes lie in the course of events: of all, then of those at weekends, `BASIS_COLUMNS` each."""
    return np.concatenate([crowd_basis(minutes, crowds), crowd_basis(minutes, weekend_crowds(crowds))], axis=1)


def _knots_around(minutes: Floats, end_min: float) -> _Between:
    age = np.clip((end_min - minutes) / 1440, 0.0, HISTORY_DAYS - 1e-6)
    left = np.searchsorted(LEVEL_KNOTS_DAYS, age, side="right") - 1
    share = (age - LEVEL_KNOTS_DAYS[left]) / (LEVEL_KNOTS_DAYS[left + 1] - LEVEL_KNOTS_DAYS[left])
    return left, left + 1, share


def _hours_around(minutes: Floats) -> _Between:
    position = (minutes % 1440) / 60 - 0.5
    left = np.floor(position).astype(np.int64)
    return left % HOURS, (left + 1) % HOURS, position - left


def _mean_of(coefficients: Floats, between: _Between) -> Floats:
    """What the columns of these places, times the coefficients, come to."""
    left, right, share = between
    mean: Floats = coefficients[left] * (1 - share) + coefficients[right] * share
    return mean


def _columns(between: _Between, columns: int) -> Floats:
    left, right, share = between
    basis = np.zeros((len(share), columns))
    rows = np.arange(len(share))
    basis[rows, left] += 1 - share
    basis[rows, right] += share
    return basis
