"""Forecasts that need no fitting: the load of last week, of yesterday, or of the last quarter of an hour."""

import numpy as np

from functions.burst_prediction.arrays import Flags, Floats, Indices, at, trailing_mean
from functions.burst_prediction.bands import NORMAL_SCORES, QUANTILES, UNKNOWN_DEVIATION, conformal_quantiles
from functions.burst_prediction.foresight import Foreseen
from functions.burst_prediction.log_grid import LogGrid
from functions.burst_prediction.method_choice import Method

LAG_DAYS = {Method.WEEK_NAIVE: 7, Method.DAY_NAIVE: 1}
LEVEL_HALF_LIFE_BINS = 4.0  # 20 minutes


def held(log_load: Floats) -> Floats:
    """Each unknown bin as the last known one before it; 0 before the first."""
    known = ~np.isnan(log_load)
    latest = np.maximum.accumulate(np.where(known, np.arange(len(log_load)), -1))
    return np.where(latest >= 0, np.nan_to_num(log_load)[latest], 0.0)


def foresee_naively(
    grid: LogGrid, method: Method, origins: Indices, targets: Indices, quiet: Flags | None = None
) -> Foreseen:
    """Log load of target bins as seen from origin bins, with quantiles of how wrong this was so far.

    `quiet`: the bins of the grid in which no event was on. What crowds did then says nothing of quiet hours to come.
    """
    log_load = held(grid.log_load)
    foreseen = _foreseen(grid, log_load, method, origins, targets)
    measured = grid.log_load if quiet is None else np.where(quiet, grid.log_load, np.nan)
    lead = int((targets - origins).max())
    errors = _past_errors(grid, log_load, measured, method, now=int(origins.min()), lead=lead)
    unknown = UNKNOWN_DEVIATION * NORMAL_SCORES
    offsets = conformal_quantiles(errors, np.ones(len(errors))) if len(errors) else unknown
    return Foreseen(foreseen, foreseen[:, None] + np.broadcast_to(offsets, (len(foreseen), len(QUANTILES))))


def _past_errors(grid: LogGrid, log_load: Floats, measured: Floats, method: Method, *, now: int, lead: int) -> Floats:
    """Errors over the longest lead that is asked for, or that half of the history allows."""
    lead = max(1, min(lead, now // 2))
    origins = np.arange(max(0, now - lead + 1), dtype=np.int64)
    past = _foreseen(grid, log_load, method, origins, origins + lead)
    errors = (measured[origins + lead] - past)[past > 0]
    found: Floats = errors[~np.isnan(errors)]
    return found


def _foreseen(grid: LogGrid, log_load: Floats, method: Method, origins: Indices, targets: Indices) -> Floats:
    if method not in LAG_DAYS:
        return trailing_mean(log_load, LEVEL_HALF_LIFE_BINS)[origins]
    lag = LAG_DAYS[method] * grid.bins_per_day
    # A target further ahead than the lag is foreseen by the same time of the last day or week that is known.
    repeats = np.maximum(-(-(targets - origins) // lag), 1)
    return at(log_load, targets - repeats * lag)
