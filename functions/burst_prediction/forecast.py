"""The forecast of one region for the next 24 hours, with quantiles, in steps that widen with distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.burst_prediction.arrays import Flags, Floats
from functions.burst_prediction.bands import QUANTILES
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_basis import Phase
from functions.burst_prediction.foresight import Foreseen, foresee
from functions.burst_prediction.growth_model import GrowthModel
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.log_grid import LogGrid, log_grid
from functions.burst_prediction.method_choice import Method
from functions.burst_prediction.naive import foresee_naively
from functions.burst_prediction.usual_course import events_near, usual_course

HORIZON_MIN = 1440
# Steps of a minute for an hour, in which instances are started; of five to four hours; then quarters of an hour.
STEP_LENGTHS_MIN = np.repeat([1, 5, 15], [60, 36, 80])
# Load that a forecast looks at: a week for the weekly season, a day for smoothing and for a gap at its start.
DAYS_LOOKED_AT = 9


@dataclass(frozen=True)
class Forecast:
    """Requests per minute at `QUANTILES` in each step: shapes (steps,), (steps,), (steps, quantiles).

    Times are minutes since 1970-01-01 UTC; the first step begins at `made_at_min`.
    """

    region: str
    made_at_min: float
    method: Method
    starts_min: Floats
    lengths_min: Floats
    requests_per_min: Floats
    by_prior: Flags | None = None
    """Whether a step stands on what events are expected to draw, not on load; shape (steps,)."""

    def quantile(self, quantile: float) -> Floats:
        """Requests per minute of each step at one of `QUANTILES`.

        Raises:
            ValueError: it is not one of them.
        """
        return self.requests_per_min[:, QUANTILES.index(quantile)]


def forecast_load(
    history: LoadHistory,
    crowds: Sequence[Crowd],
    *,
    model: GrowthModel | None,
    method: Method,
    grid: LogGrid | None = None,
) -> Forecast:
    """Forecast from the end of the history; without a model the method must be one that needs none.

    `grid` is the history's, where it is at hand.

    Raises:
        ValueError: the growth model is asked for and not given, or the history has no whole bin.
    """
    grid = log_grid(history) if grid is None else grid
    if len(grid) == 0:
        raise ValueError(f"load of {history.region!r}: got no whole bin, allowed: one or more")
    bins = HORIZON_MIN // grid.bin_min
    foreseen = _foreseen(grid, crowds, model, method, bins)
    starts = history.end_min + np.concatenate([[0], np.cumsum(STEP_LENGTHS_MIN)[:-1]])
    centres = grid.end_min + grid.bin_min * np.arange(0.5, bins, dtype=np.float64)
    rates = np.maximum(np.expm1(foreseen.quantiles), 0.0) / grid.bin_min
    rates[:, 0] = np.maximum(np.expm1(foreseen.log_load), 0.0) / grid.bin_min
    rates = np.maximum.accumulate(rates, axis=1)
    return Forecast(
        region=history.region,
        made_at_min=history.end_min,
        method=method,
        starts_min=starts,
        lengths_min=STEP_LENGTHS_MIN.astype(np.float64),
        requests_per_min=_on_steps(centres, rates, starts),
    )


def _foreseen(grid: LogGrid, crowds: Sequence[Crowd], model: GrowthModel | None, method: Method, bins: int) -> Foreseen:
    recent = last_days(grid, DAYS_LOOKED_AT)
    origins = np.full(bins, len(recent) - 1, np.int64)
    targets = origins + np.arange(1, bins + 1)
    if method is not Method.GROWTH_MODEL:
        near = events_near(float(recent.centres_min[0]), recent.bin_min, len(recent) + bins, tuple(crowds))
        return foresee_naively(recent, method, origins, targets, near.phases[: len(recent)] == Phase.QUIET)
    if model is None:
        raise ValueError("model: got None, allowed: a fitted model where the method is the growth model")
    course = usual_course(recent, model.profile, crowds, ahead=bins, earlier=model.memory)
    return foresee(model, course, origins, targets)


def last_days(grid: LogGrid, days: int) -> LogGrid:
    """The end of a grid."""
    return between(grid, max(0, len(grid) - days * grid.bins_per_day), len(grid))


def between(grid: LogGrid, first: int, last: int) -> LogGrid:
    """The bins from `first` up to but not including `last`."""
    kept = slice(first, last)
    return LogGrid(
        grid.bin_min,
        grid.centres_min[kept],
        grid.requests[kept],
        grid.log_load[kept],
        grid.last_minute[kept],
        grid.last_two_minutes[kept],
    )


def _on_steps(centres: Floats, rates: Floats, starts: Floats) -> Floats:
    """Rates at the centres of the steps, between bins in log so that growth is even within them."""
    middles = starts + STEP_LENGTHS_MIN / 2
    logs = np.log1p(rates)
    on_steps: Floats = np.stack([np.interp(middles, centres, column) for column in logs.T], axis=1)
    return np.expm1(on_steps)
