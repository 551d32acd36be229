"""Scores of forecasts against what came; every definition of accuracy in the project is one of these.

Arrays have one value a bin; a bin that is not a number in either is not scored. `actual` is in requests.
"""

import numpy as np

from functions.burst_prediction.arrays import Flags, Floats

NEAR_SHARE = 0.15


def wape(actual: Floats, forecast: Floats) -> float:
    """Sum of absolute errors over sum of requests: 0 is perfect. Accuracy is one minus this."""
    scored = _scored(actual, forecast)
    return _ratio(float(np.abs(actual[scored] - forecast[scored]).sum()), float(actual[scored].sum()))


def skill(actual: Floats, forecast: Floats, reference: Floats) -> float:
    """The share of the reference's error that the forecast does away with, on bins that both foresaw."""
    both = _scored(actual, forecast) & _scored(actual, reference)
    error = float(np.abs(actual[both] - forecast[both]).sum())
    return 1 - _ratio(error, float(np.abs(actual[both] - reference[both]).sum()))


def within(actual: Floats, forecast: Floats, share: float = NEAR_SHARE) -> float:
    """The share of bins whose forecast is at most `share` of the requests off."""
    scored = _scored(actual, forecast)
    near = np.abs(actual[scored] - forecast[scored]) <= share * actual[scored]
    return _ratio(float(near.sum()), float(scored.sum()))


def pinball(actual: Floats, quantile_forecast: Floats, quantile: float) -> float:
    """Twice the pinball loss over the sum of requests; for the median this is the WAPE."""
    scored = _scored(actual, quantile_forecast)
    short = actual[scored] - quantile_forecast[scored]
    loss = np.maximum(quantile * short, (quantile - 1) * short)
    return _ratio(2 * float(loss.sum()), float(actual[scored].sum()))


def coverage(actual: Floats, quantile_forecast: Floats) -> float:
    """The share of bins whose requests did not exceed the quantile."""
    scored = _scored(actual, quantile_forecast)
    return _ratio(float((actual[scored] <= quantile_forecast[scored]).sum()), float(scored.sum()))


def over_provision(actual: Floats, quantile_forecast: Floats) -> float:
    """Requests provided for beyond those that came, over those that came."""
    scored = _scored(actual, quantile_forecast)
    surplus = np.maximum(quantile_forecast[scored] - actual[scored], 0.0)
    return _ratio(float(surplus.sum()), float(actual[scored].sum()))


def _scored(actual: Floats, forecast: Floats) -> Flags:
    return ~np.isnan(actual) & ~np.isnan(forecast)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
