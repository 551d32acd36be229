"""Bursts as they come, whether they were provided for, and the alarms before them."""

import math

import numpy as np
import pytest

from functions.burst_prediction.burst_log import KEPT_MIN, AlarmRun, BurstLog, Onset, burst_log_of
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.log_grid import LogGrid, log_grid
from functions.burst_prediction.score_log import ScoredBin

DAY = 1440
BEGAN = 3 * DAY


def grid_until(end_min: int) -> LogGrid:
    """Three days of 20 requests a minute, then a crowd of five times as many for an hour."""
    counts = np.full(end_min, 20.0)
    counts[BEGAN : BEGAN + 60] = 100.0
    return log_grid(LoadHistory("r", 0.0, 1, counts))


def scored(p95: float) -> list[ScoredBin]:
    """The bins of the crowd's first half an hour, as they were foreseen and as they came."""
    starts = range(BEGAN, BEGAN + 30, 5)
    return [ScoredBin(start - 15.0, 100.0, 100.0, 100.0, p95, actual=500.0) for start in starts]


@pytest.mark.parametrize(("p95", "covered"), [(500.0, True), (425.0, True), (420.0, False)])
def test_a_burst_is_covered_if_p95_provided_for_85_percent_of_its_onset(p95: float, *, covered: bool) -> None:
    """As in a back-test; known as soon as its first quarter of an hour is scored, and once."""
    early = BurstLog().with_onsets(grid_until(BEGAN + 15), scored(p95)[:2])
    log = early.with_onsets(grid_until(BEGAN + 20), scored(p95))
    again = log.with_onsets(grid_until(BEGAN + 60), scored(p95))

    assert early.onsets == ()
    assert log.onsets == again.onsets == (Onset(BEGAN, covered),)


def test_a_burst_that_nobody_foresaw_anything_of_is_not_counted() -> None:
    """Nor is what came back after a gap: its load was not known, which is not the same as none."""
    counts = np.full(BEGAN + 30, 20.0)
    counts[BEGAN - 120 : BEGAN] = math.nan
    counts[BEGAN:] = 28.0  # a burst after an hour without any

    assert BurstLog().with_onsets(grid_until(BEGAN + 20), []).onsets == ()
    assert BurstLog().with_onsets(log_grid(LoadHistory("r", 0.0, 1, counts)), scored(500.0)).onsets == ()


def test_an_alarm_that_is_raised_again_within_two_hours_is_the_same() -> None:
    """Counted from when it was raised last; delivered twice or late it changes nothing."""
    log = BurstLog()
    for now_min, raised in ((0.0, True), (0.0, True), (100.0, True), (50.0, True), (200.0, False), (221.0, True)):
        log = log.with_alarm(now_min, raised=raised)

    assert log.alarms == (AlarmRun(0.0, 100.0), AlarmRun(221.0, 221.0))


def test_scores_say_what_was_foretold_and_how_long_before() -> None:
    """Two bursts, one with an alarm 20 minutes before; another alarm that nothing followed."""
    log = BurstLog((Onset(6000.0, covered=True), Onset(9000.0, covered=False)), (AlarmRun(5980.0, 5980.0),))
    scores = log.with_alarm(12000.0, raised=True).scores()

    assert (scores.bursts, scores.onsets_covered, scores.alarms) == (2, 0.5, 2)
    assert (scores.recall, scores.precision, scores.median_lead_min) == (0.5, 0.5, 20.0)


def test_nothing_has_no_scores() -> None:
    """Shares of nothing are not numbers."""
    scores = BurstLog().scores()

    assert (scores.bursts, scores.alarms) == (0, 0)
    assert all(map(math.isnan, (scores.onsets_covered, scores.recall, scores.precision, scores.median_lead_min)))


def test_four_weeks_are_kept_and_come_back_from_their_document() -> None:
    """What is older falls out with the next forecast."""
    log = BurstLog((Onset(0.0, covered=True),), (AlarmRun(0.0, 0.0),))

    later = log.with_onsets(grid_until(BEGAN), []).with_alarm(float(KEPT_MIN), raised=False)

    assert burst_log_of(log.document()) == log
    assert burst_log_of(None) == BurstLog()
    assert later.onsets == log.onsets
    assert later.alarms == ()
