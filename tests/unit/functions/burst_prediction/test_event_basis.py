"""Where in the course of events each moment lies."""

import numpy as np
import pytest

from functions.burst_prediction.event_basis import (
    Phase,
    crowd_basis,
    phase_basis,
    phases,
    prior_log_lift,
    weekend_crowds,
)
from tests.unit.functions.burst_prediction.builders import crowds_of, event

(MATCH,) = crowds_of(event())
MINUTES = MATCH.start_min + np.arange(-300.0, 500.0, 5)


def test_far_from_an_event_everything_is_quiet() -> None:
    """Five hours before and six after there is no trace of it."""
    for basis in (crowd_basis(MINUTES, [MATCH]), phase_basis(MINUTES, [MATCH])):
        assert basis.any()
        assert not basis[0].any()
        assert not basis[-1].any()
    assert phases(MINUTES, [MATCH])[[0, -1]].tolist() == [Phase.QUIET, Phase.QUIET]


def test_phases_follow_each_other() -> None:
    """Arrival from an hour before, stay, and departure from a quarter of an hour before the end."""
    offsets = np.array([-61.0, -59, 29, 31, 104, 106, 269, 271])

    found = phases(MATCH.start_min + offsets, [MATCH])

    assert found.tolist() == [0, 1, 1, 2, 2, 3, 3, 0]


def test_of_two_events_the_later_decides_the_phase() -> None:
    """While one crowd leaves, the arrival of the next is what errors follow."""
    (first, second) = crowds_of(event(0), event(3 / 24))

    assert phases(np.array([second.start_min - 30]), [first, second]).tolist() == [Phase.ARRIVAL]


def test_overlapping_crowds_add_up_and_phases_do_not() -> None:
    """Two events at once double the basis; a phase is at most 1."""
    twice = [MATCH, MATCH]

    np.testing.assert_allclose(crowd_basis(MINUTES, twice), 2 * crowd_basis(MINUTES, [MATCH]))
    assert phase_basis(MINUTES, twice).max() <= 1


def test_the_prior_rises_to_the_peak_and_falls_to_nothing() -> None:
    """At the peak it is the median of the prior, an hour before the start and 90 minutes after the end nothing."""
    offsets = np.array([-60.0, 60, 210])

    lift = prior_log_lift(MATCH.start_min + offsets, [MATCH])

    assert lift.tolist() == pytest.approx([0, np.log(10) / 2, 0])


def test_weekend_crowds_are_those_of_saturday_and_sunday() -> None:
    """The day of the start decides."""
    week = crowds_of(*(event(day) for day in range(7)))

    assert [crowd.start_min for crowd in weekend_crowds(week)] == [week[5].start_min, week[6].start_min]
