"""What an event draws where no model has learned it: from its audience, or as a multiple of the load; in wide bands."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from functions.burst_prediction.arrays import Flags, Floats
from functions.burst_prediction.bands import NORMAL_SCORES, QUANTILES
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_basis import prior_log_lift
from functions.burst_prediction.forecast import STEP_LENGTHS_MIN, Forecast
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.method_choice import Method
from functions.burst_prediction.priors import log_lift_deviation, median_log_lift

# Requests by a viewer are somebody's estimate: it is taken as right within a factor of four, nine times out of ten.
AUDIENCE_LOG_DEVIATION: Final = math.log(4) / 1.645
# People come for as long before the start as their number rises after it, and leave in half of the event's duration.
_CALM_MINUTES: Final = 1440
LONGEST_RISE_MIN, SHORTEST_RISE_MIN, LONGEST_FALL_MIN = 60.0, 5.0, 90.0


def forecast_of_events(region: str, now_min: float, crowds: Sequence[Crowd]) -> Forecast | None:
    """The forecast of a region of which no load is known; None where nothing says how large a crowd would be."""
    starts = now_min + np.concatenate([[0], np.cumsum(STEP_LENGTHS_MIN)[:-1]])
    nothing = np.zeros((len(starts), len(QUANTILES)))
    empty = Forecast(region, now_min, Method.EVENT_PRIOR, starts, STEP_LENGTHS_MIN.astype(np.float64), nothing)
    forecast = with_event_priors(empty, crowds)
    return forecast if forecast.requests_per_min.any() else None


def without_those_who_leave(forecast: Forecast, crowds: Sequence[Crowd], history: LoadHistory) -> Forecast:
    """A level that crowds have lifted falls, as they leave, to the load there was without them, if any is known."""
    sized = [crowd for crowd in crowds if crowd.requests]
    here = float(_share(np.array([forecast.made_at_min]), sized)[0])
    minutes: Floats = history.start_min + history.step_min * np.arange(0.5, len(history.counts), dtype=np.float64)
    alone = history.counts[(_share(minutes, sized) == 0) & ~np.isnan(history.counts)]
    if here == 0 or len(alone) == 0:
        return forecast
    calm = float(np.median(alone[-_CALM_MINUTES:])) / history.step_min
    stay = np.minimum(1.0, _share(forecast.starts_min + forecast.lengths_min / 2, sized) / here)[:, None]
    lifted = np.maximum(forecast.requests_per_min - calm, 0.0)
    return replace(forecast, requests_per_min=np.minimum(forecast.requests_per_min, calm + stay * lifted))


def with_event_priors(forecast: Forecast, crowds: Sequence[Crowd]) -> Forecast:
    """A forecast that knew of no events, with what their priors add.

    An event whose audience is known draws so many requests, whatever else comes. Another multiplies what comes; where
    the forecast goes on from the level of now, it multiplies by what it has not multiplied yet.
    """
    middles = forecast.starts_min + forecast.lengths_min / 2
    unsized = [crowd for crowd in crowds if not crowd.requests]
    lift = _lift(middles, unsized)
    if forecast.method is Method.LEVEL:
        lift -= _lift(np.array([forecast.made_at_min]), unsized)
    sized = sum((_drawn(middles, crowd) for crowd in crowds if crowd.requests), np.zeros(len(middles)))
    drawn = sized[:, None] * np.exp(AUDIENCE_LOG_DEVIATION * NORMAL_SCORES)
    rates = np.maximum(forecast.requests_per_min * np.exp(lift), drawn)
    rates = np.maximum.accumulate(rates, axis=1)
    by_prior: Flags = np.any(rates > forecast.requests_per_min, axis=1)
    return replace(forecast, requests_per_min=rates, by_prior=by_prior)


def _lift(minutes: Floats, crowds: Sequence[Crowd]) -> Floats:
    """What to add to log load, by quantile. Shape (minutes, quantiles)."""
    return np.stack(
        [
            prior_log_lift(minutes, crowds, lambda size, score=score: _sized(size, score))  # type: ignore[misc]
            for score in NORMAL_SCORES
        ],
        axis=1,
    )


def _sized(log_multiplier: float, score: float) -> float:
    return median_log_lift(log_multiplier) + score * log_lift_deviation(log_multiplier)


def _share(minutes: Floats, crowds: Sequence[Crowd]) -> Floats:
    """How much of the largest of these crowds is there, 0 to 1."""
    shares = [course_of(minutes, crowd)[0] for crowd in crowds]
    return np.max([np.zeros(len(minutes)), *shares], axis=0)  # type: ignore[no-any-return]


def _drawn(minutes: Floats, crowd: Crowd) -> Floats:
    """Requests per minute of one crowd in the course of the event; over all of it they add up to its requests."""
    shares, area = course_of(minutes, crowd)
    return shares * (crowd.requests / area)


def course_of(minutes: Floats, crowd: Crowd) -> tuple[Floats, float]:
    """How much of a crowd is there, and the minutes in which all of it would make as many requests."""
    rise = min(LONGEST_RISE_MIN, max(SHORTEST_RISE_MIN, crowd.peak_after_start_min))
    fall = min(LONGEST_FALL_MIN, crowd.duration_min / 2)
    course = [crowd.start_min - rise, crowd.start_min + crowd.peak_after_start_min, crowd.end_min, crowd.end_min + fall]
    area = (course[1] - course[0]) / 2 + (course[2] - course[1]) + (course[3] - course[2]) / 2
    shares: Floats = np.interp(minutes, course, [0.0, 1.0, 1.0, 0.0])
    return shares, area
