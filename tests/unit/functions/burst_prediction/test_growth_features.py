"""What tells how load will grow."""

import numpy as np

from functions.burst_prediction.forecast import between
from functions.burst_prediction.growth_features import EVENT_COLUMNS, GrowthReader
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.log_grid import log_grid
from functions.burst_prediction.profile import fit_profile
from functions.burst_prediction.usual_course import usual_course, without_gaps
from tests.unit.functions.burst_prediction.builders import REGION, crowds_of, event, minute_history

CROWDS = crowds_of(*(event(day) for day in range(12)))


def test_features_know_nothing_after_their_origin() -> None:
    """Cutting the series off at an origin leaves every feature of it as it was: no forecast has seen its future."""
    grid = log_grid(minute_history(10, CROWDS))
    profile = fit_profile(between(grid, 0, 2000), CROWDS)
    for origin in (2100, 2500, 2700):
        cut = usual_course(between(grid, 0, origin + 1), profile, CROWDS, ahead=300)
        whole = usual_course(grid, profile, CROWDS, ahead=300)
        pairs = np.full(3, origin), origin + np.array([1, 4, 288])

        seen_then, seen_now = GrowthReader(cut).features(*pairs), GrowthReader(whole).features(*pairs)

        np.testing.assert_allclose(seen_then.general, seen_now.general, atol=1e-12)
        assert seen_then.events is not None
        assert seen_now.events is not None
        np.testing.assert_allclose(seen_then.events, seen_now.events, atol=1e-12)


def test_features_do_not_know_the_size_of_load() -> None:
    """Ten times the load, the same features but for rounding: growth seen on small crowds tells about large ones."""
    small = minute_history(9)
    large = LoadHistory(REGION, small.start_min, 1, small.counts * 10)
    found = []
    for history in (small, large):
        grid = log_grid(history)
        course = usual_course(grid, fit_profile(grid, ()), (), ahead=10)
        found.append(GrowthReader(course).features(np.array([2500]), np.array([2504])).general)

    np.testing.assert_allclose(found[0], found[1], atol=2e-3)


def test_a_region_without_events_has_no_event_columns() -> None:
    """Regressions stay small where the calendar is empty."""
    grid = log_grid(minute_history(3))
    empty = usual_course(grid, fit_profile(grid, ()), (), ahead=5)
    busy = usual_course(grid, fit_profile(grid, CROWDS), CROWDS, ahead=5)
    pair = np.array([500]), np.array([504])

    assert GrowthReader(empty).features(*pair).events is None
    events = GrowthReader(busy).features(*pair).events
    assert events is not None
    assert events.shape == (1, EVENT_COLUMNS)


def test_gaps_are_filled_from_before_and_fade_to_the_usual_course() -> None:
    """A gap continues the last departure, ever less of it; before anything is known the usual course stands."""
    log_load = np.array([np.nan, 3.0, *[np.nan] * 200])
    filled = without_gaps(log_load, np.full(202, 2.0))

    assert filled[0] == 2.0
    assert 2.9 < filled[2] < 3.0
    assert 2.0 < filled[-1] < 2.05
