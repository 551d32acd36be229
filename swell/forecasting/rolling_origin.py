"""A back-test: every bin is forecast from what was known a given lead before it, with models refitted daily."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.burst_prediction.alarms import LOOK_AHEAD_MIN, alarm_raised
from functions.burst_prediction.arrays import Flags, Floats, Indices, earlier
from functions.burst_prediction.bands import QUANTILES
from functions.burst_prediction.bursts import week_means
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.forecast import between
from functions.burst_prediction.foresight import Foreseen, foresee
from functions.burst_prediction.growth_model import bins_ahead, fit_growth_model, has_enough
from functions.burst_prediction.log_grid import LogGrid
from functions.burst_prediction.method_choice import Method, seasonal_naive
from functions.burst_prediction.naive import foresee_naively, held
from functions.burst_prediction.usual_course import usual_course

# What a forecast fits beside the lead that is scored, to see the path of the next half hour.
PATH_LEADS_MIN = (0, 15, 30)


@dataclass(frozen=True)
class BackTest:
    """Forecasts of bins `first` … `last - 1` of a grid, in requests a bin; bins outside are not a number.

    `actual`, `median` (bins,); `quantiles` (bins, quantiles); `alarms` (bins,): raised when that bin had ended.
    `method` is what forecast the last day.
    """

    grid: LogGrid
    first: int
    last: int
    lead_bins: int
    actual: Floats
    median: Floats
    quantiles: Floats
    alarms: Flags
    method: Method

    def lagged(self, bins: int) -> Floats:
        """The forecast that repeats what was known `bins` before; in a gap, the last that was known then."""
        begun = np.logical_or.accumulate(~np.isnan(self.grid.log_load))
        return earlier(np.where(begun, np.expm1(held(self.grid.log_load)), np.nan), bins)


def back_test(
    grid: LogGrid, actual: Floats, crowds: Sequence[Crowd], *, lead_min: int, first: int, last: int
) -> BackTest:
    """Forecast bins `first` … `last - 1`; a model sees what lies before the first origin of its day."""
    lead = bins_ahead(lead_min, grid.bin_min)
    median, quantiles = np.full(len(grid), np.nan), np.full((len(grid), len(QUANTILES)), np.nan)
    alarms, method = np.zeros(len(grid), np.bool_), Method.LEVEL
    for begin in range(first, last, grid.bins_per_day):
        end = min(begin + grid.bins_per_day, last)
        day = _Day(grid, tuple(crowds), lead_min=lead_min, begin=begin, end=end)
        targets = np.arange(begin, end, dtype=np.int64)
        foreseen, method = day.foresee(targets - lead, targets)
        median[targets], quantiles[targets] = np.expm1(foreseen.log_load), np.expm1(foreseen.quantiles)
        alarms[targets - lead] = day.alarms()
    return BackTest(grid, first, last, lead, actual, median, quantiles, alarms, method)


class _Day:
    """One model and the bins that it forecasts."""

    def __init__(self, grid: LogGrid, crowds: tuple[Crowd, ...], *, lead_min: int, begin: int, end: int) -> None:
        lead = bins_ahead(lead_min, grid.bin_min)
        self._ahead = max(1, LOOK_AHEAD_MIN // grid.bin_min)
        self._origins = np.arange(begin, end, dtype=np.int64) - lead
        self._seen = between(grid, 0, end)
        known = between(grid, 0, begin - lead + 1)
        if not has_enough(known):
            self._method = seasonal_naive(len(known) / grid.bins_per_day)
            return
        self._method = Method.GROWTH_MODEL
        self._model = fit_growth_model(known, crowds, leads_min=sorted({*PATH_LEADS_MIN, lead_min}))
        self._course = usual_course(
            self._seen, self._model.profile, crowds, ahead=self._ahead, earlier=self._model.memory
        )

    def foresee(self, origins: Indices, targets: Indices) -> tuple[Foreseen, Method]:
        """The targets as seen from the origins, and by which method."""
        if self._method is Method.GROWTH_MODEL:
            return foresee(self._model, self._course, origins, targets), self._method
        return foresee_naively(self._seen, self._method, origins, targets), self._method

    def alarms(self) -> Flags:
        """Whether an alarm stood at the end of each origin bin."""
        hour = max(1, 60 // self._seen.bin_min)
        origins = self._origins
        if self._method is not Method.GROWTH_MODEL or origins[0] < hour:
            return np.zeros(len(origins), np.bool_)
        steps = np.arange(1, self._ahead + 1)
        pairs = np.repeat(origins, self._ahead), (origins[:, None] + steps).ravel()
        ahead = np.expm1(foresee(self._model, self._course, *pairs).log_load).reshape(-1, self._ahead)
        load = np.expm1(held(self._seen.log_load))
        means = week_means(load, self._seen.bin_min)
        return alarm_raised(load[origins[:, None] - np.arange(hour, -1, -1)], ahead, means[origins])
