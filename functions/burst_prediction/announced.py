"""What somebody has announced of a crowd: so many times the usual load, whatever was learned of crowds like it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from functions.burst_prediction.arrays import Flags, Floats
from functions.burst_prediction.bands import QUANTILES
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_basis import Phase, phases
from functions.burst_prediction.event_prior import course_of
from functions.burst_prediction.forecast import Forecast, last_days
from functions.burst_prediction.growth_model import GrowthModel
from functions.burst_prediction.log_grid import LogGrid

LOOKED_BACK_DAYS: Final = 1
LEVEL_MIN: Final = 60
"""Today's load differs from what is usual at its hours by what it did in the last hour without a crowd."""
_LEARNED: Final = QUANTILES.index(0.95)


def with_announced(
    forecast: Forecast, crowds: Sequence[Crowd], grid: LogGrid, model: GrowthModel | None = None
) -> Forecast:
    """The larger of what is foreseen and what was announced, at every quantile: a number somebody states has no band.

    So an announcement is never planned below, and lowers nothing: load that outgrows it is followed as before.
    """
    ahead = [crowd for crowd in crowds if crowd.announced_excess > 0]
    middles = forecast.starts_min + forecast.lengths_min / 2
    excess = sum((crowd.announced_excess * course_of(middles, crowd)[0] for crowd in ahead), np.zeros(len(middles)))
    if not excess.any():
        return forecast
    told = np.where(excess > 0, usual_load(middles, crowds, grid, model) * (1 + excess), 0.0)
    by_prior: Flags = told > forecast.requests_per_min[:, _LEARNED]
    if forecast.by_prior is not None:
        by_prior |= forecast.by_prior
    return replace(forecast, requests_per_min=np.maximum(forecast.requests_per_min, told[:, None]), by_prior=by_prior)


def usual_load(minutes: Floats, crowds: Sequence[Crowd], grid: LogGrid, model: GrowthModel | None) -> Floats:
    """Requests a minute without any crowd: level and season of the model, moved to the level of today.

    Without a model it is the median of a day, where a day knows a bin without a crowd; none where it does not.
    """
    recent = last_days(grid, LOOKED_BACK_DAYS)
    quiet = (phases(recent.centres_min, crowds) == Phase.QUIET) & ~np.isnan(recent.log_load)
    if model is None:
        if not quiet.any():
            return np.zeros(len(minutes))
        logs: Floats = np.full(len(minutes), np.median(recent.log_load[quiet]))
    else:
        known = np.flatnonzero(quiet)[-(LEVEL_MIN // grid.bin_min) :]
        off = recent.log_load[known] - model.profile.season_at(recent.centres_min[known])
        logs = model.profile.season_at(minutes) + (np.median(off) if len(off) else 0.0)
    usual: Floats = np.maximum(np.expm1(logs), 0.0) / grid.bin_min
    return usual
