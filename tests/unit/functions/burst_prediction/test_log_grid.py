"""Log load on 5-minute bins."""

import numpy as np
import pytest

from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.log_grid import log_grid, requests_in_bins
from tests.unit.functions.burst_prediction.builders import REGION


def test_bins_end_where_the_history_ends() -> None:
    """An incomplete bin at the start is left out, none at the end."""
    grid = log_grid(LoadHistory(REGION, 0.0, 1, np.array([9.0, 9, 1, 2, 3, 4, 5])))

    assert grid.end_min == 7
    assert np.expm1(grid.log_load).tolist() == pytest.approx([15])


def test_a_bin_with_unknown_minutes_is_estimated_from_the_others() -> None:
    """Known minutes stand for the bin; a bin without any is unknown."""
    counts = np.array([4.0, np.nan, 4, 4, np.nan, *[np.nan] * 5])

    np.testing.assert_allclose(requests_in_bins(LoadHistory(REGION, 0.0, 1, counts)), [20, np.nan])


def test_a_longer_step_is_its_own_bin() -> None:
    """A trace of half hours is forecast in half hours, and has no finer end of a bin."""
    grid = log_grid(LoadHistory(REGION, 0.0, 30, np.array([10.0, 20, 30])))

    assert (grid.bin_min, len(grid)) == (30, 3)
    assert not grid.last_minute.any()


def test_the_last_minutes_show_where_load_is_going() -> None:
    """A bin whose last minute is twice its mean lies log 2 above it."""
    grid = log_grid(LoadHistory(REGION, 0.0, 1, np.array([750.0, 750, 750, 750, 2000])))

    assert grid.last_minute[0] == pytest.approx(np.log(2), abs=1e-3)
    assert grid.last_two_minutes[0] == pytest.approx(np.log(1.375), abs=1e-3)


def test_a_dropout_is_unknown_and_a_lasting_fall_is_not() -> None:
    """One bin that falls to nothing out of steady load was not measured; from the second on a fall is believed."""
    steady = np.random.default_rng(1).normal(1000, 20, 300)
    steady[100] = 5
    steady[200:210] = 5

    known = ~np.isnan(log_grid(LoadHistory(REGION, 0.0, 5, steady)).log_load)

    assert np.flatnonzero(~known).tolist() == [100, 200]


def test_load_that_is_always_erratic_has_no_dropouts() -> None:
    """Where falls to nothing are usual they are load."""
    erratic = np.array([100.0, 0, 90, 2, 300, 0, 0, 150] * 20)

    assert not np.isnan(log_grid(LoadHistory(REGION, 0.0, 5, erratic)).log_load).any()
