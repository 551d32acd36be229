"""Where in the course of scheduled events each moment lies."""

from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum

import numpy as np

from functions.burst_prediction.arrays import Floats, Indices, hats, is_weekend
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.priors import median_log_lift

# Minutes from the start and from the end of an event. Closest where load changes fastest: load grows up to 5.5x in the
# hour before a kick-off and halves 12 to 30 minutes after a peak (World Cup 98).
START_KNOTS_MIN = np.array([-180, -120, -90, -60, -45, -30, -15, 0, 15, 30, 45, 60, 90], np.float64)
END_KNOTS_MIN = np.array([-60, -45, -30, -15, 0, 15, 30, 45, 60, 75, 90, 120, 150, 180], np.float64)
BASIS_COLUMNS = len(START_KNOTS_MIN) - 2 + len(END_KNOTS_MIN) - 2
# Coarser: phases on which the momentum of the moment means something different (it lasts before, it reverts after).
START_PHASES_MIN = np.array([-60, -30, 0, 30, 60, 90], np.float64)
END_PHASES_MIN = np.array([-60, -30, -15, 0, 15, 30, 60, 90, 150], np.float64)
PHASE_COLUMNS = len(START_PHASES_MIN) - 2 + len(END_PHASES_MIN) - 2
# The prior's course: from nothing, an hour before, to the peak, and back to nothing.
PRIOR_RISE_MIN, PRIOR_FALL_MIN = 60.0, 90.0


class Phase(IntEnum):
    """Stretches of an event over which forecasts err alike."""

    QUIET = 0
    ARRIVAL = 1
    STAY = 2
    DEPARTURE = 3


ARRIVAL_MIN, SETTLED_MIN, LEAVING_MIN, GONE_MIN = -60.0, 30.0, -15.0, 150.0


def crowd_basis(minutes: Floats, crowds: Sequence[Crowd]) -> Floats:
    """Sum over events of their position in start and end knots, times their strength. Shape (minutes, columns).

    `minutes` must rise.
    """
    basis = np.zeros((len(minutes), BASIS_COLUMNS))
    for crowd, rows in _reached(minutes, crowds, START_KNOTS_MIN[0], END_KNOTS_MIN[-1]):
        near = minutes[rows]
        columns = [hats(near - crowd.start_min, START_KNOTS_MIN), hats(near - crowd.end_min, END_KNOTS_MIN)]
        basis[rows] += crowd.strength * np.concatenate(columns, axis=1)
    return basis


def phase_basis(minutes: Floats, crowds: Sequence[Crowd]) -> Floats:
    """The position in the phases of the nearest event, 0 to 1 each; events that overlap do not add up.

    `minutes` must rise.
    """
    basis = np.zeros((len(minutes), PHASE_COLUMNS))
    for crowd, rows in _reached(minutes, crowds, START_PHASES_MIN[0], END_PHASES_MIN[-1]):
        near = minutes[rows]
        columns = [hats(near - crowd.start_min, START_PHASES_MIN), hats(near - crowd.end_min, END_PHASES_MIN)]
        basis[rows] = np.maximum(basis[rows], np.concatenate(columns, axis=1))
    return basis


def phases(minutes: Floats, crowds: Sequence[Crowd]) -> Indices:
    """The `Phase` of each moment; where events overlap, the one that started last decides. `minutes` must rise."""
    found = np.full(len(minutes), int(Phase.QUIET), np.int64)
    for crowd, rows in _reached(minutes, crowds, ARRIVAL_MIN, GONE_MIN):
        near = minutes[rows]
        stay = np.where(near < crowd.end_min + LEAVING_MIN, int(Phase.STAY), int(Phase.DEPARTURE))
        found[rows] = np.where(near < crowd.start_min + SETTLED_MIN, int(Phase.ARRIVAL), stay)
    return found


def prior_log_lift(
    minutes: Floats, crowds: Sequence[Crowd], size: Callable[[float], float] = median_log_lift
) -> Floats:
    """What the priors add to log load at each moment; `size` picks the figure of the prior. `minutes` must rise."""
    lift = np.zeros(len(minutes))
    for crowd, rows, course in prior_courses(minutes, crowds):
        lift[rows] += size(crowd.log_multiplier) * course
    return lift


def prior_courses(minutes: Floats, crowds: Sequence[Crowd]) -> Iterator[tuple[Crowd, slice, Floats]]:
    """The moments that each crowd reaches, and how much of it the prior sees there, 0 to 1. `minutes` must rise."""
    for crowd, rows in _reached(minutes, crowds, -PRIOR_RISE_MIN, PRIOR_FALL_MIN):
        peak = crowd.start_min + crowd.peak_after_start_min
        course = [crowd.start_min - PRIOR_RISE_MIN, peak, crowd.end_min + PRIOR_FALL_MIN]
        yield crowd, rows, np.interp(minutes[rows], course, [0.0, 1.0, 0.0])


def weekend_crowds(crowds: Sequence[Crowd]) -> tuple[Crowd, ...]:
    """Those that start on a Saturday or Sunday: people at work follow an event in another way."""
    return tuple(crowd for crowd in crowds if is_weekend(np.array([crowd.start_min]))[0])


def _reached(
    minutes: Floats, crowds: Sequence[Crowd], before_start_min: float, after_end_min: float
) -> Iterator[tuple[Crowd, slice]]:
    for crowd in crowds:
        first = int(np.searchsorted(minutes, crowd.start_min + before_start_min))
        last = int(np.searchsorted(minutes, crowd.end_min + after_end_min))
        if last > first:
            yield crowd, slice(first, last)
