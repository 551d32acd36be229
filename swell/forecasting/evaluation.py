"""The accuracy of the forecast on a trace, beside forecasts that need no model.

Accuracy is 1 - WAPE on 5-minute bins (or the trace's own step, where that is longer) at a lead of exactly so many
minutes, rolling origin: every bin is forecast from the last bin that was complete that long before it starts. It is
given on all bins and on event windows, from an hour before each start to three hours after, always with the skill
against persistence, the share of its error that the forecast does away with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.burst_prediction import scores
from functions.burst_prediction.arrays import Flags, Floats
from functions.burst_prediction.bands import QUANTILES
from functions.burst_prediction.bursts import CALM_HOURS, AlarmScore, burst_bins, episodes, onset_coverage, score_alarms
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.naive import held
from swell.forecasting.rolling_origin import BackTest

WINDOW_BEFORE_MIN, WINDOW_AFTER_MIN = 60, 180
PROVISIONING_QUANTILE = 0.95


@dataclass(frozen=True)
class Accuracy:
    """Of one forecast on one set of bins; the figures are not numbers where nothing was scored."""

    bins: int
    accuracy: float
    skill: float
    within_15: float


@dataclass(frozen=True)
class ForecastScore:
    """Of one forecast: on all bins, and in event windows where there are any."""

    name: str
    everywhere: Accuracy
    in_events: Accuracy | None


@dataclass(frozen=True)
class QuantileScore:
    """Of the quantile that instances are provided for."""

    quantile: float
    pinball: float
    coverage: float
    coverage_in_events: float
    over_provision: float


@dataclass(frozen=True)
class BurstScore:
    """Bursts in the span: onsets covered by the provisioning quantile, and alarms.

    A burst is one by its second bin. `alarms` counts an alarm that stood before then; `foretold_before_onset` only
    those that stood before the first bin.
    """

    onsets_covered: float
    alarms: AlarmScore
    foretold_before_onset: int


@dataclass(frozen=True)
class Evaluation:
    """Everything about one back-test."""

    forecasts: tuple[ForecastScore, ...]
    provisioning: QuantileScore
    bursts: BurstScore


def evaluate(test: BackTest, crowds: Sequence[Crowd]) -> Evaluation:
    """Score a back-test on the bins whose load is known."""
    windows = event_windows(test.grid.centres_min, crowds)
    per_day = test.grid.bins_per_day
    named = {
        "model": test.median,
        "persistence": test.lagged(test.lead_bins),
        "day-naive": test.lagged(per_day),
        "week-naive": test.lagged(7 * per_day),
    }
    return Evaluation(
        forecasts=tuple(_score(test, name, values, windows) for name, values in named.items()),
        provisioning=_score_quantile(test, windows),
        bursts=_score_bursts(test),
    )


def event_windows(minutes: Floats, crowds: Sequence[Crowd]) -> Flags:
    """Bins from an hour before the start of an event to three hours after it."""
    inside = np.zeros(len(minutes), np.bool_)
    for crowd in crowds:
        inside |= (minutes > crowd.start_min - WINDOW_BEFORE_MIN) & (minutes < crowd.start_min + WINDOW_AFTER_MIN)
    return inside


def _score(test: BackTest, name: str, forecast: Floats, windows: Flags) -> ForecastScore:
    span = np.zeros(len(test.actual), np.bool_)
    span[test.first : test.last] = True
    in_events = _accuracy(test, forecast, span & windows) if windows[span].any() else None
    return ForecastScore(name, _accuracy(test, forecast, span), in_events)


def _accuracy(test: BackTest, forecast: Floats, bins: Flags) -> Accuracy:
    actual, foreseen, persistence = test.actual[bins], forecast[bins], test.lagged(test.lead_bins)[bins]
    return Accuracy(
        bins=int((~np.isnan(actual) & ~np.isnan(foreseen)).sum()),
        accuracy=1 - scores.wape(actual, foreseen),
        skill=scores.skill(actual, foreseen, persistence),
        within_15=scores.within(actual, foreseen),
    )


def _score_quantile(test: BackTest, windows: Flags) -> QuantileScore:
    forecast = test.quantiles[:, QUANTILES.index(PROVISIONING_QUANTILE)]
    in_events = np.where(windows, forecast, np.nan)
    return QuantileScore(
        quantile=PROVISIONING_QUANTILE,
        pinball=scores.pinball(test.actual, forecast, PROVISIONING_QUANTILE),
        coverage=scores.coverage(test.actual, forecast),
        coverage_in_events=scores.coverage(test.actual, in_events),
        over_provision=scores.over_provision(test.actual, forecast),
    )


def _score_bursts(test: BackTest) -> BurstScore:
    bin_min = test.grid.bin_min
    load = np.expm1(held(test.grid.log_load))
    onsets = [first for first in burst_bins(load, bin_min) if test.first <= first < test.last]
    raised = [int(origin) for origin in np.flatnonzero(test.alarms)]
    alarms = episodes(raised, max(1, 60 * CALM_HOURS // bin_min))
    provided = test.quantiles[:, QUANTILES.index(PROVISIONING_QUANTILE)]
    return BurstScore(
        onsets_covered=onset_coverage(load, provided, onsets, bin_min),
        alarms=score_alarms(alarms, onsets, bin_min),
        foretold_before_onset=score_alarms(alarms, onsets, bin_min, before_first_bin=True).foretold,
    )
