"""A crowd that somebody announced as so many times the usual load."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.burst_prediction.announced import usual_load, with_announced
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.drawn_crowds import drawn_by_kind
from functions.burst_prediction.forecast import Forecast, forecast_load
from functions.burst_prediction.growth_model import GrowthModel, fit_growth_model
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.log_grid import log_grid
from functions.burst_prediction.method_choice import Method
from functions.burst_prediction.model_document import model_document
from functions.burst_prediction.outlook import look_ahead
from shared.domain.calendar import EventType
from tests.unit.functions.burst_prediction.builders import crowds_of, event, minute_history

DAYS = 9
SEEN = crowds_of(*(event(days, expected_multiple=7.0) for days in (1, 3, 5)))
PEAK = timedelta(minutes=30)


def to_come(multiple: float | None, **fields: object) -> tuple[Crowd, ...]:
    """A match like those that were seen, on the evening of the last day, with what is announced of it."""
    return crowds_of(event(DAYS, expected_multiple=multiple, peak_after_start=PEAK, **fields))


@pytest.fixture(scope="module")
def history() -> LoadHistory:
    """Nine days in which three matches have tripled the load."""
    return minute_history(DAYS, SEEN)


@pytest.fixture(scope="module")
def model(history: LoadHistory) -> GrowthModel:
    """What is learned of them."""
    return fit_growth_model(log_grid(history), SEEN, leads_min=(15, 60, 1440))


def foreseen(history: LoadHistory, crowds: tuple[Crowd, ...], model: GrowthModel | None) -> Forecast:
    """The forecast as the function makes it, as of midnight before the match."""
    found = look_ahead(history, (*SEEN, *crowds), model=model, log=(), current=None)
    assert found is not None
    return found.forecast


def at(forecast: Forecast, crowd: Crowd, quantile: float) -> float:
    """Requests a minute while the crowd is there."""
    middle = crowd.start_min + crowd.peak_after_start_min + 30
    return float(forecast.quantile(quantile)[np.searchsorted(forecast.starts_min, middle) - 1])


def usual(history: LoadHistory, crowd: Crowd) -> float:
    """The load of the same minutes two days before, where there was no match."""
    minute = int(crowd.start_min + crowd.peak_after_start_min + 30 - history.start_min) - 2 * 1440
    return float(history.counts[minute - 10 : minute + 10].mean())


def test_what_is_announced_is_foreseen_though_less_was_learned(history: LoadHistory, model: GrowthModel) -> None:
    """Ten times, at every quantile, where matches have tripled the load; and the step says on what it stands."""
    crowds = to_come(10.0)
    learned, announced = (foreseen(history, some, model) for some in (to_come(None), crowds))
    expected = usual(history, crowds[0])

    assert at(learned, crowds[0], 0.95) < 6 * expected
    assert at(announced, crowds[0], 0.5) == pytest.approx(10 * expected, rel=0.1)
    assert at(announced, crowds[0], 0.99) == pytest.approx(10 * expected, rel=0.1)
    assert announced.by_prior is not None
    assert announced.by_prior.any()
    assert not announced.by_prior.all()


def test_what_was_learned_is_foreseen_though_less_is_announced(history: LoadHistory, model: GrowthModel) -> None:
    """Nobody's guess takes instances away from a crowd that is known."""
    learned, announced = (foreseen(history, to_come(multiple), model) for multiple in (None, 1.2))

    (crowd,) = to_come(1.2)
    assert [at(announced, crowd, quantile) for quantile in (0.5, 0.95)] == [
        at(learned, crowd, quantile) for quantile in (0.5, 0.95)
    ]


def test_the_usual_load_is_that_of_today_without_the_crowd(history: LoadHistory, model: GrowthModel) -> None:
    """In the middle of a match that has come five times as large, today twice the size of every other day."""
    crowds = to_come(5.0)
    begin = int(crowds[0].start_min - history.start_min)
    today = minute_history(DAYS + 1).counts[: begin + 60].copy()
    today[DAYS * 1440 :] *= 2
    today[begin:] *= 5
    amid = LoadHistory(history.region, history.start_min, 1, today)
    middle = np.array([crowds[0].start_min + 60])

    found = usual_load(middle, (*SEEN, *crowds), log_grid(amid), model)

    assert found[0] == pytest.approx(2 * usual(history, crowds[0]), rel=0.15)


def test_before_anything_is_learned_it_is_a_multiple_of_what_there_is() -> None:
    """Half a day of load, no model: the median of what was known without a crowd."""
    crowds = to_come(8.0)
    short = LoadHistory("europe-west1", crowds[0].start_min - 720, 1, np.full(600, 100.0))
    forecast = forecast_load(short, crowds, model=None, method=Method.LEVEL)

    found = with_announced(forecast, crowds, log_grid(short))

    assert at(found, crowds[0], 0.5) == pytest.approx(800, rel=0.01)


def test_without_any_load_known_a_multiple_is_of_nothing(history: LoadHistory) -> None:
    """An audience says how many come to a region that nobody has asked yet; a multiple cannot."""
    nothing = LoadHistory(history.region, history.end_min, 1, np.empty(0))

    assert look_ahead(nothing, to_come(10.0), model=None, log=(), current=None) is None


def _events() -> Iterator[st.SearchStrategy[float]]:
    yield st.floats(1.0, 50.0)
    yield st.floats(-600.0, 1200.0)


@given(*_events())
@settings(max_examples=25, deadline=None)
def test_an_announcement_lowers_nothing_and_quantiles_do_not_cross(multiple: float, ahead_min: float) -> None:
    """Whenever the event is and whatever is stated; hours away from it nothing is changed."""
    known = LoadHistory("europe-west1", 29_000_000.0, 1, np.full(600, 100.0))
    forecast = forecast_load(known, (), model=None, method=Method.LEVEL)
    crowd = Crowd(known.end_min + ahead_min, 60.0, 0.0, "promotion", "", 1.0, 1, announced_excess=multiple - 1)

    rates = with_announced(forecast, (crowd,), log_grid(known)).requests_per_min

    assert (rates >= forecast.requests_per_min).all()
    assert (np.diff(rates, axis=1) >= 0).all()
    far = (forecast.starts_min > crowd.end_min + 60) | (forecast.starts_min + 15 < crowd.start_min - 60)
    np.testing.assert_array_equal(rates[far], forecast.requests_per_min[far])


def test_what_a_kind_has_drawn_is_what_its_events_did(model: GrowthModel) -> None:
    """Three matches that tripled the load, within what noise and smoothing make of it."""
    (kind, drawn), *others = drawn_by_kind(model).items()

    assert (kind, drawn.events, others) == (EventType.SPORTS, 3, [])
    assert 2.4 < drawn.least <= drawn.most < 3.9


def test_a_model_remembers_what_came_and_not_what_was_announced(model: GrowthModel) -> None:
    """Its document is one that a release which knew of no announcements can read."""
    memory = model_document(model)["memory"]

    assert len(memory) == len(SEEN)
    assert all("announced_excess" not in held for held in memory)
