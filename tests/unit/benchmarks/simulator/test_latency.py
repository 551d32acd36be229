"""How long answers take: what was measured without load, and what load adds to it."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.rehearsal.calibrating import fit_times, simulated_ms
from benchmarks.simulator.calibration import QUANTILES, load_calibration
from benchmarks.simulator.latency import Conditions, LatencyModel, crowding, quantile_ms

ANSWERS = np.geomspace(1, 8, len(QUANTILES))
WAITS = np.geomspace(0.2, 4, len(QUANTILES))


def conditions(busy: float, *, slow: float = 1.0, held_ms: float = 0.0) -> Conditions:
    """Of one region."""
    one = np.ones(1)
    return Conditions(one * busy, one, one * held_ms, one * slow, one * 0)


def test_what_was_measured_at_some_loads_is_foreseen_at_others() -> None:
    """Where each quantile grows as a queue does, p50 and p99 between and beyond the loads are met."""
    seen = {load: ANSWERS + WAITS * load / (1 - load) for load in (0.15, 0.45, 0.65)}

    answers, waits = fit_times(seen)

    calibration = replace(load_calibration(), answer_ms=answers, wait_ms=waits)
    for load in (0.3, 0.55, 0.7):
        p50, p99 = simulated_ms(calibration, load)
        at = [QUANTILES.index(quantile) for quantile in (0.5, 0.99)]
        expected = (ANSWERS + WAITS * load / (1 - load))[at]
        assert [p50, p99] == pytest.approx(expected, rel=0.08)


def test_times_that_fall_with_load_are_read_as_none_that_grow() -> None:
    """A machine that wakes up under load is not made faster by a crowd; quantiles stay in their order."""
    seen = {0.15: ANSWERS * 1.2, 0.45: ANSWERS, 0.65: ANSWERS * 0.9}

    answers, waits = fit_times(seen)

    assert waits == (0.0,) * len(QUANTILES)
    assert (np.diff(answers) >= 0).all()


def test_answers_are_counted_in_the_classes_of_their_times() -> None:
    """All of them; the 99th percentile is that which is told without counting; what is slow or held takes longer."""
    model = LatencyModel(replace(load_calibration(), answer_ms=tuple(ANSWERS), wait_ms=tuple(WAITS)))

    for here in (conditions(0.5), conditions(0.5, slow=3.0), conditions(0.9, held_ms=40.0)):
        counts = model.counts(here, np.array([1000.0]))
        assert counts.sum() == pytest.approx(1000)
        assert quantile_ms(counts, 0.99) == pytest.approx(model.p99_ms(here), rel=0.1)
    assert model.p99_ms(conditions(0.5, slow=3.0)) == pytest.approx(3 * model.p99_ms(conditions(0.5)))


def test_a_full_instance_keeps_nobody_waiting_longer_than_admission_lets_it() -> None:
    """At and beyond its capacity waits end where requests are refused."""
    model = LatencyModel(replace(load_calibration(), answer_ms=tuple(ANSWERS), wait_ms=tuple(WAITS)))

    assert crowding(np.array([1.0, 5.0])).tolist() == pytest.approx([0.985 / 0.015] * 2)
    assert model.p99_ms(conditions(1.0))[0] <= ANSWERS[-1] + 100
