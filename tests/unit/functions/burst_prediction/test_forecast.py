"""The forecast of a region for the next day."""

import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from functions.burst_prediction.arrays import Floats
from functions.burst_prediction.bands import QUANTILES
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.forecast import STEP_LENGTHS_MIN, Forecast, forecast_load
from functions.burst_prediction.growth_model import LEADS_MIN, GrowthModel, bins_ahead, fit_growth_model, has_enough
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.log_grid import log_grid
from functions.burst_prediction.method_choice import Method
from functions.burst_prediction.model_document import model_document, model_of
from tests.unit.functions.burst_prediction.builders import REGION, crowds_of, event, minute_history

DAYS = 21
CROWDS = crowds_of(*(event(day) for day in (3, 6, 8, 10, 12, 13, 15, 17, 20, DAYS)))
SEEN = tuple(crowd for crowd in CROWDS if crowd.start_min < CROWDS[0].start_min + (DAYS - 3.5) * 1440)


@pytest.fixture(scope="module")
def history() -> LoadHistory:
    """Three weeks with crowds three times as large as usual."""
    return minute_history(DAYS, SEEN)


@pytest.fixture(scope="module")
def model(history: LoadHistory) -> GrowthModel:
    """What these weeks teach."""
    return fit_growth_model(log_grid(history), SEEN)


def lift_of(forecast: Forecast, crowd: Crowd, quantile: float = 0.5) -> float:
    """How far load rises above the day without a crowd while this one is there."""
    there = (forecast.starts_min >= crowd.start_min) & (forecast.starts_min <= crowd.end_min)
    return float((forecast.quantile(quantile) / expected(forecast))[there].max())


def expected(forecast: Forecast) -> Floats:
    """The day without a crowd, as the builder makes it."""
    middles = forecast.starts_min + forecast.lengths_min / 2
    return 1000 * (1 + 0.5 * np.sin(2 * np.pi * (middles % 1440) / 1440 - np.pi / 2))


def test_a_day_is_covered_in_widening_steps(history: LoadHistory, model: GrowthModel) -> None:
    """Steps of a minute, of five, of fifteen follow each other without gaps for 24 hours."""
    forecast = forecast_load(history, (), model=model, method=Method.GROWTH_MODEL)

    assert forecast.starts_min[0] == history.end_min
    np.testing.assert_array_equal(forecast.starts_min[1:], (forecast.starts_min + forecast.lengths_min)[:-1])
    assert STEP_LENGTHS_MIN.sum() == 1440
    assert forecast.requests_per_min.shape == (len(STEP_LENGTHS_MIN), len(QUANTILES))
    assert (np.diff(forecast.requests_per_min, axis=1) >= 0).all()


def test_a_quiet_day_is_foreseen_as_it_always_was(history: LoadHistory, model: GrowthModel) -> None:
    """Without an event the median stays within a tenth of the usual day on average."""
    forecast = forecast_load(history, SEEN, model=model, method=Method.GROWTH_MODEL)

    error = np.abs(forecast.quantile(0.5) - expected(forecast)) / expected(forecast)
    assert error.mean() < 0.1


def test_the_next_event_of_a_series_is_foreseen_at_its_size(history: LoadHistory, model: GrowthModel) -> None:
    """A match 18 hours ahead is expected to lift load about as the ones before did, with room above."""
    forecast = forecast_load(history, CROWDS, model=model, method=Method.GROWTH_MODEL)

    assert 2 < lift_of(forecast, CROWDS[-1]) < 4
    assert lift_of(forecast, CROWDS[-1], 0.95) > lift_of(forecast, CROWDS[-1])


def test_the_first_event_of_all_is_expected_by_its_prior() -> None:
    """With no event in memory the median is 3.2x and the 95th percentile the 10x of the prior."""
    quiet = minute_history(14)
    known = fit_growth_model(log_grid(quiet), ())
    (crowd,) = crowds_of(event(14))

    forecast = forecast_load(quiet, [crowd], model=known, method=Method.GROWTH_MODEL)

    assert lift_of(forecast, crowd) == pytest.approx(10**0.5, rel=0.1)
    assert lift_of(forecast, crowd, 0.95) == pytest.approx(10, rel=0.1)


def test_the_forecast_of_one_history_is_always_the_same(history: LoadHistory, model: GrowthModel) -> None:
    """Nothing random, nothing remembered."""
    first, second = (forecast_load(history, CROWDS, model=model, method=Method.GROWTH_MODEL) for _ in range(2))

    np.testing.assert_array_equal(first.requests_per_min, second.requests_per_min)


def test_a_model_survives_its_document(history: LoadHistory, model: GrowthModel) -> None:
    """Stored and read again it forecasts the same to the last bit, and fits one Firestore document."""
    document = model_document(model)

    restored = model_of(document)

    assert restored is not None
    both = [forecast_load(history, CROWDS, model=one, method=Method.GROWTH_MODEL) for one in (model, restored)]
    np.testing.assert_array_equal(both[0].requests_per_min, both[1].requests_per_min)
    assert len(str(document)) < 300_000
    assert model_of(document | {"format": "of another release"}) is None


def test_gaps_resets_and_outliers_do_not_carry_away_the_forecast(history: LoadHistory, model: GrowthModel) -> None:
    """Six unknown hours, a dropout and a spike of a minute move the forecast of the far future by less than a fifth."""
    counts = history.counts.copy()
    counts[-2000:-1640] = np.nan
    counts[-300:-295] = 0
    counts[-200] = 100_000
    damaged = replace(history, counts=counts)

    whole, hurt = (forecast_load(one, (), model=model, method=Method.GROWTH_MODEL) for one in (history, damaged))

    assert np.abs(np.log(hurt.quantile(0.5) / whole.quantile(0.5))).max() < 0.2


def test_a_history_that_ends_in_a_gap_is_forecast(history: LoadHistory, model: GrowthModel) -> None:
    """An hour without samples at the end leaves a forecast near the usual course."""
    counts = history.counts.copy()
    counts[-60:] = np.nan

    forecast = forecast_load(replace(history, counts=counts), (), model=model, method=Method.GROWTH_MODEL)

    assert np.abs(forecast.quantile(0.5) / expected(forecast) - 1).max() < 0.5


@pytest.mark.parametrize("method", [Method.WEEK_NAIVE, Method.DAY_NAIVE, Method.LEVEL])
def test_the_baselines_need_no_model(history: LoadHistory, method: Method) -> None:
    """Repeating the past gives a forecast with rising quantiles."""
    forecast = forecast_load(history, (), model=None, method=method)

    assert forecast.method is method
    assert (forecast.requests_per_min > 0).all()
    assert (np.diff(forecast.requests_per_min, axis=1) >= 0).all()


def test_the_week_naive_forecast_is_last_week(history: LoadHistory) -> None:
    """Its median in an hour is what was measured a week before that."""
    forecast = forecast_load(history, (), model=None, method=Method.WEEK_NAIVE)

    a_week_before = history.counts[-7 * 1440 + 60 : -7 * 1440 + 65].mean()
    assert forecast.quantile(0.5)[60] == pytest.approx(a_week_before, rel=0.02)


def test_an_hour_of_load_is_enough_for_a_forecast() -> None:
    """A region that has just begun is forecast at its level, with a wide band."""
    young = LoadHistory(REGION, 0.0, 1, np.full(60, 200.0))

    forecast = forecast_load(young, (), model=None, method=Method.LEVEL)

    assert forecast.quantile(0.5) == pytest.approx(200, rel=0.01)
    assert not has_enough(log_grid(young))


def test_what_cannot_be_forecast_is_refused(history: LoadHistory) -> None:
    """No whole bin, and no model where one is asked for."""
    with pytest.raises(ValueError, match="no whole bin"):
        forecast_load(LoadHistory(REGION, 0.0, 1, np.ones(4)), (), model=None, method=Method.LEVEL)
    with pytest.raises(ValueError, match="model: got None"):
        forecast_load(history, (), model=None, method=Method.GROWTH_MODEL)
    with pytest.raises(ValueError, match="tuple"):
        forecast_load(history, (), model=None, method=Method.LEVEL).quantile(0.42)


def test_leads_are_counted_from_the_end_of_the_last_bin() -> None:
    """15 minutes after a bin of five the fourth one begins; half hours are rounded up to the next."""
    assert [bins_ahead(lead, 5) for lead in (0, 15, 17)] == [1, 4, 5]
    assert bins_ahead(15, 30) == 2


def test_a_series_of_half_hours_is_forecast() -> None:
    """Coarse histories have fewer leads, and still a forecast."""
    minutes = minute_history(DAYS)
    coarse = LoadHistory(REGION, minutes.start_min, 30, minutes.counts.reshape(-1, 30).sum(axis=1))
    known = fit_growth_model(log_grid(coarse), ())

    forecast = forecast_load(coarse, (), model=known, method=Method.GROWTH_MODEL)

    assert len(known.growths) == len({bins_ahead(lead, 30) for lead in LEADS_MIN})
    assert np.abs(forecast.quantile(0.5) / expected(forecast) - 1).mean() < 0.1


def test_fifteen_regions_are_forecast_in_well_under_two_seconds(history: LoadHistory, model: GrowthModel) -> None:
    """A tick forecasts every region; half a second of processor time is the aim, two the limit."""
    begun = time.process_time()
    for _ in range(15):
        forecast_load(history, CROWDS, model=model, method=Method.GROWTH_MODEL)

    assert timedelta(seconds=time.process_time() - begun) < timedelta(seconds=2)


def test_the_forecast_needs_nothing_but_numpy() -> None:
    """A cold start loads one package; every other scientific one would cost more than the forecast itself."""
    program = "import functions.burst_prediction.forecast, sys; print(*sorted(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    heavy = {"pandas", "scipy", "sklearn", "lightgbm", "statsmodels", "pydantic", "flask"}
    assert not heavy & set(loaded)
