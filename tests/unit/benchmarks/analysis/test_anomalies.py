"""What stood out, against what was planted."""

import numpy as np
import pytest

from benchmarks.analysis.anomalies import anomalies, changes, spikes
from tests.builders.rehearsals import small_run

RNG = np.random.default_rng(7)
STEADY = 100 + RNG.normal(0, 3, 200)


@pytest.mark.parametrize("at", [40, 100, 160])
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_planted_change_is_found_where_it_is(at: int, factor: float) -> None:
    """Within a step, and nothing else is."""
    series = STEADY.copy()
    series[at:] *= factor

    (found,) = changes("p99", series)

    assert abs(found.begin - at) <= 1
    assert found.reached / found.usual == pytest.approx(factor, rel=0.05)


def test_noise_is_no_anomaly() -> None:
    """40 series of nothing but noise."""
    noise = 100 + RNG.normal(0, 5, (40, 200))

    assert [] == [one for series in noise for one in [*spikes("p99", series), *changes("p99", series)]]


def test_a_spike_and_a_drop_are_intervals() -> None:
    """With their first step and the one after their last."""
    series = STEADY.copy()
    series[50:53], series[120:122] = 400, 10

    assert [("spike", 50, 53), ("drop", 120, 122)] == [(one.kind, one.begin, one.end) for one in spikes("p99", series)]


def test_what_moves_together_is_named_together() -> None:
    """Errors rose when times to answer did."""
    slow, failed = [10.0] * 60, [0.0] * 60
    slow[30:33], failed[31:33] = [200.0] * 3, [50.0] * 2

    found = anomalies(small_run(p99_ms=tuple(slow), errors_rps=tuple(failed)))

    assert {("p99", ("errors",)), ("errors", ("p99",))} == {(one.signal, one.beside) for one in found}


@pytest.mark.parametrize("lag", [1, 2])
def test_signals_of_one_cause_are_named_with_its_lag_and_no_others(lag: int) -> None:
    """Requests rose, then times to answer did, then failures; what was shed 30 steps later was another matter."""
    chance = np.random.default_rng(lag)
    asked, p99 = (100 * np.exp(0.03 * chance.standard_normal(120)) for _ in range(2))
    failed, shed = np.zeros((2, 120))
    asked[40:44] *= 4
    p99[40 + lag : 44 + lag] *= 5
    failed[40 + 2 * lag : 44 + 2 * lag] = 60
    shed[74:77] = 50
    run = small_run(asked.tolist(), p99_ms=tuple(p99), errors_rps=tuple(failed), shed_rps={"free": tuple(shed)})

    beside = {one.signal: set(one.beside) for one in anomalies(run) if one.signal != "served"}

    assert {"asked", "p99", "errors", "shed"} == set(beside)
    assert "errors" in beside["p99"]
    assert "p99" in beside["asked"]
    assert set() == beside["shed"]
    assert all("shed" not in others for others in beside.values())


def test_a_slow_rise_is_no_change_from_one_step_to_the_next() -> None:
    """20 of them, ten times as high at their ends."""
    rises = np.linspace(100, 1000, 180) + RNG.normal(0, 10, (20, 180))

    assert sum(bool(changes("asked", series)) for series in rises) <= 2


def test_a_trifle_is_no_anomaly() -> None:
    """One instance that starts now and then, of a hundred; twenty at once are one."""
    starts = (RNG.random(180) < 0.1).astype(np.float64)
    starts[90:93] = 20.0

    (found,) = spikes("starting", starts, trifle=5.0)

    assert (found.begin, found.end) == (90, 93)
    assert changes("starting", starts, trifle=5.0) == []


@pytest.mark.parametrize("deviation", [0.3, 0.6])
def test_skewed_times_are_no_spikes(deviation: float) -> None:
    """Lognormal noise alarms in one series of twenty at most; what is far in logarithms, too, is a spike."""
    chance = np.random.default_rng(5)
    series = 100 * np.exp(deviation * chance.standard_normal((200, 180)))
    assert sum(bool([*spikes("p99", one), *changes("p99", one)]) for one in series) <= 10

    series[0, 90:92] = 5_000
    assert [(90, 92)] == [(one.begin, one.end) for one in spikes("p99", series[0])]


@pytest.mark.parametrize("factor", [1.3, 1 / 1.3])
def test_a_lasting_change_by_a_third_is_told(factor: float) -> None:
    """In noise of 5 %, within two steps, in 19 series of 20; and nothing else is."""
    chance = np.random.default_rng(5)
    found = 0
    for _ in range(200):
        series, at = 100 + 5 * chance.standard_normal(180), int(chance.integers(20, 150))
        series[at:] *= factor
        told = changes("p99", series)
        found += len(told) == 1 and abs(told[0].begin - at) <= 2

    assert found >= 190


def test_noise_that_lasts_is_no_change() -> None:
    """A level that wanders by 10 % over tens of steps: three series of 100 at most."""
    chance = np.random.default_rng(5)
    steps = chance.standard_normal((200, 180)) * np.sqrt(1 - 0.9**2)
    steps[:, 0] /= np.sqrt(1 - 0.9**2)
    wandering = steps @ np.triu(0.9 ** np.maximum(np.subtract.outer(-np.arange(180), -np.arange(180)), 0))

    assert sum(bool(changes("p99", 100 + 10 * one)) for one in wandering) <= 6


@pytest.mark.parametrize("mean", [1.0, 20.0])
def test_counts_that_come_by_chance_are_no_spikes(mean: float) -> None:
    """Few requests a step vary by their root: at most one of a hundred series alarms."""
    series = np.random.default_rng(5).poisson(mean, (200, 180)).astype(float)

    assert sum(bool(spikes("errors", one, one=1.0)) for one in series) <= 2


def test_steps_without_an_answer_are_no_drop_of_p99() -> None:
    """What is not known is not 0."""
    series = 100 + 5 * np.random.default_rng(5).standard_normal(180)
    series[60:70] = np.nan

    assert [] == [*spikes("p99", series), *changes("p99", series)]
