"""The log of what was forecast and what came."""

import math
from dataclasses import replace

import numpy as np

from functions.burst_prediction.forecast import forecast_load
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.method_choice import Method
from functions.burst_prediction.score_log import (
    KEPT_BINS,
    ScoredBin,
    foreseen_bin,
    log_document,
    log_of,
    scores_of,
    with_actuals,
    with_bin,
)
from tests.unit.functions.burst_prediction.builders import minute_history

UNKNOWN = float("nan")


def logged(made_at_min: float, actual: float = UNKNOWN, model: float = 100.0, naive: float = 100.0) -> ScoredBin:
    """A bin of which persistence foresaw 50 requests and the quantile 120."""
    return ScoredBin(made_at_min, model, naive, persistence=50.0, p95=120.0, actual=actual)


def steady(minutes: int, per_minute: float = 20.0) -> LoadHistory:
    """The same load each minute from minute 0 on."""
    return LoadHistory("r", 0.0, 1, np.full(minutes, per_minute))


def test_the_bin_starts_exactly_fifteen_minutes_after_what_is_known() -> None:
    """A forecast of steady load foresees five minutes of it."""
    history = steady(3 * 1440)
    naive = forecast_load(history, (), model=None, method=Method.DAY_NAIVE)

    made = foreseen_bin(history, model=None, naive=naive, chosen=naive)

    assert (made.made_at_min, made.starts_min) == (3 * 1440, 3 * 1440 + 15)
    assert math.isnan(made.model)
    assert math.isclose(made.naive, 100.0, rel_tol=1e-6)
    assert made.persistence == 100.0


def test_a_bin_is_scored_when_it_is_over_and_late_samples_are_in() -> None:
    """Five minutes after its end, not before."""
    log = (logged(made_at_min=60.0),)  # its bin is minutes 75 to 79

    assert math.isnan(with_actuals(log, steady(84))[0].actual)
    assert with_actuals(log, steady(85))[0].actual == 100.0


def test_an_unknown_minute_counts_as_the_mean_of_its_bin() -> None:
    """A gap of a minute does not look like a drop; a bin of which nothing is known stays unknown."""
    history = steady(120)
    history.counts[76] = UNKNOWN
    history.counts[95:100] = UNKNOWN

    known, unknown = with_actuals((logged(60.0), logged(80.0)), history)

    assert known.actual == 100.0
    assert math.isnan(unknown.actual)


def test_bins_of_the_log_do_not_overlap_and_the_oldest_fall_out() -> None:
    """Whoever forecasts each minute is scored on the same bins as whoever does each fifth."""
    log: tuple[ScoredBin, ...] = ()

    for minute in range(5 * (KEPT_BINS + 10)):
        log = with_bin(log, logged(float(minute)))

    assert len(log) == KEPT_BINS
    assert np.all(np.diff([one.made_at_min for one in log]) == 5)


def test_scores_are_what_their_definitions_say() -> None:
    """By hand: errors of 20 and 0 on 200 requests; persistence is off by 30 and 70."""
    log = [logged(0.0, actual=80.0), logged(5.0, actual=120.0, model=120.0), logged(10.0)]

    scores = scores_of(log)

    assert scores.bins == 2
    assert scores.model_wape == 20 / 200
    assert scores.accuracy == 0.9
    assert scores.naive_wape == 40 / 200
    assert scores.persistence_wape == 100 / 200
    assert math.isclose(scores.skill, 0.8)
    assert scores.coverage_p95 == 1.0


def test_bins_without_a_model_score_nothing_of_it() -> None:
    """The naive method is compared on the bins that both foresaw."""
    log = [logged(0.0, actual=80.0, model=UNKNOWN, naive=0.0), logged(5.0, actual=100.0, naive=90.0)]

    scores = scores_of(log)

    assert (scores.bins, scores.model_wape, scores.naive_wape) == (1, 0.0, 0.1)


def test_a_log_comes_back_from_its_document() -> None:
    """What is not known stays unknown."""
    log = (logged(0.0, actual=80.0), logged(5.0))

    again = log_of(log_document(log))

    assert again[0] == log[0]
    assert replace(again[1], actual=0.0) == replace(log[1], actual=0.0)
    assert math.isnan(again[1].actual)


def test_history_of_a_week_scores_itself() -> None:
    """Walked through in steps of five minutes, the log's actuals are the history's own sums."""
    history = minute_history(2)
    log = (logged(history.start_min + 600),)

    (scored,) = with_actuals(log, history)

    assert scored.actual == history.counts[615:620].sum()
