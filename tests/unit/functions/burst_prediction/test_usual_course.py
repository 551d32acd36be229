"""The usual course: what is remembered of a day is what is worked out anew."""

from dataclasses import replace

import numpy as np

from functions.burst_prediction.event_basis import phase_basis, phases
from functions.burst_prediction.log_grid import log_grid
from functions.burst_prediction.profile import event_columns, fit_profile
from functions.burst_prediction.usual_course import usual_course
from tests.unit.functions.burst_prediction.builders import crowds_of, event, minute_history


def test_events_of_a_day_that_is_looked_at_again_are_as_at_the_first_look() -> None:
    """Each look begins five minutes later, at last on the next day: bins lie where they would lie by themselves."""
    crowds = crowds_of(event(), event(1), event(3))
    grid = log_grid(minute_history(3, crowds))
    profile = fit_profile(grid, crowds)

    for later_min in (0, 5, 720, 1435, 1440, 1445):
        moved = replace(grid, centres_min=grid.centres_min + later_min)
        course = usual_course(moved, profile, crowds, ahead=288)

        columns = event_columns(course.minutes, crowds)
        assert course.basis is not None
        assert course.weekend_basis is not None
        assert np.array_equal(np.concatenate([course.basis, course.weekend_basis], axis=1), columns)
        assert course.phase_basis is not None
        assert np.array_equal(course.phase_basis, phase_basis(course.minutes, crowds))
        assert course.phases.tolist() == phases(course.minutes, crowds).tolist()
