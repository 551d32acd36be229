"""What one region is in for: its forecast, by the method that has earned it, and whether a burst is on its way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from functions.burst_prediction.alarms import LOOK_AHEAD_MIN, alarm_raised
from functions.burst_prediction.announced import with_announced
from functions.burst_prediction.burst_log import BurstLog
from functions.burst_prediction.bursts import week_means
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_prior import forecast_of_events, with_event_priors, without_those_who_leave
from functions.burst_prediction.forecast import Forecast, forecast_load
from functions.burst_prediction.growth_model import GrowthModel
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.log_grid import BIN_MIN, LogGrid, log_grid
from functions.burst_prediction.method_choice import Method, MethodChoice, MethodReason, choose_method, seasonal_naive
from functions.burst_prediction.score_log import (
    ForecastScores,
    ScoredBin,
    foreseen_bin,
    scores_of,
    with_actuals,
    with_bin,
)

_HOUR_BINS = 60 // BIN_MIN
_MINUTES_PER_DAY = 1440
_WEEK_BINS = 7 * _MINUTES_PER_DAY // BIN_MIN


@dataclass(frozen=True)
class Outlook:
    """The forecast of a region, how its method was chosen, its scores and their logs, and whether an alarm stands."""

    forecast: Forecast
    choice: MethodChoice
    scores: ForecastScores
    log: tuple[ScoredBin, ...]
    alarm: bool
    bursts: BurstLog = field(default_factory=BurstLog)


def look_ahead(
    history: LoadHistory,
    crowds: Sequence[Crowd],
    *,
    model: GrowthModel | None,
    log: Sequence[ScoredBin],
    current: Method | None,
    bursts: BurstLog | None = None,
) -> Outlook | None:
    """The outlook from the end of a history; None where not one whole bin is known, nor what an event would draw.

    The model is asked even while another method is in its place, so that it can show that it is better again.
    Without `bursts` none are logged.
    """
    if len(history.counts) < BIN_MIN:
        expected = forecast_of_events(history.region, history.end_min, crowds)
        choice = MethodChoice(Method.EVENT_PRIOR, MethodReason.NO_LOAD_KNOWN)
        if expected is None:
            return None
        return Outlook(expected, choice, scores_of(log), tuple(log), alarm=False, bursts=bursts or BurstLog())
    days_known = len(history.counts) / _MINUTES_PER_DAY
    log = with_actuals(log, history)
    scores = scores_of(log)
    choice = choose_method(days_known, scores.recent, current)
    grid = log_grid(history)
    naive = forecast_load(history, crowds, model=None, method=seasonal_naive(days_known), grid=grid)
    grown = (
        None if model is None else forecast_load(history, crowds, model=model, method=Method.GROWTH_MODEL, grid=grid)
    )
    by_model = grown is not None and choice.method is Method.GROWTH_MODEL
    unaware = without_those_who_leave(naive, crowds, history) if naive.method is Method.LEVEL else naive
    chosen = grown if grown is not None and by_model else with_event_priors(unaware, crowds)
    chosen = with_announced(chosen, crowds, grid, model)
    log = with_bin(log, foreseen_bin(history, model=grown, naive=naive, chosen=chosen))
    alarm = _alarm(grid, chosen)
    if bursts is not None:
        bursts = bursts.with_onsets(grid, log).with_alarm(history.end_min, raised=alarm)
    return Outlook(chosen, choice, scores, log, alarm, bursts or BurstLog())


def _alarm(grid: LogGrid, forecast: Forecast) -> bool:
    requests = np.nan_to_num(grid.requests[-_WEEK_BINS - 1 :], nan=0.0)
    if len(requests) <= _HOUR_BINS:
        return False
    ahead = forecast.quantile(0.5)[:LOOK_AHEAD_MIN].reshape(-1, BIN_MIN).sum(axis=1)
    week_mean = week_means(requests, BIN_MIN, since=len(requests) - 1)
    return bool(alarm_raised(requests[None, -_HOUR_BINS - 1 :], ahead[None, :], week_mean)[0])
