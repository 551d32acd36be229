"""What tells how load will grow from one bin to a later one: columns of the regression.

Every column is a difference, a position in time or a product of the two, never a level: a crowd larger than any before
is met with the growth that crowds have shown, not pulled back to the sizes that were seen.
"""

from dataclasses import dataclass

import numpy as np

from functions.burst_prediction.arrays import Floats, Indices, at, earlier, is_weekend, trailing_mean
from functions.burst_prediction.event_basis import BASIS_COLUMNS, PHASE_COLUMNS
from functions.burst_prediction.usual_course import SMOOTHING_MIN, UsualCourse

MOMENTUM_BINS = (1, 2, 3, 6, 12)
HALF_LIVES_BINS = (2.0, 7.0, 23.0)
# Momentum and the mean above which load lies reach back so far: `trailing_mean` takes seven half-lives.
_LOOKED_BACK_BINS = 8 * int(max(HALF_LIVES_BINS))
SEASON_LAGS_DAYS = (1, 2, 3, 7)
HARMONICS = 3
LARGEST_MOMENTUM = 1.5  # log load; e^1.5 = 4.5 times within the lag
EVENT_COLUMNS = 2 + 2 * BASIS_COLUMNS + 3 * PHASE_COLUMNS
# Size of a typical value of an event column; events are rare, so the share of rows they fill must not set the scale.
BASIS_SCALE, PHASE_SCALE = 0.1, 0.05
EVENT_SCALES = np.concatenate([np.full(2 + 2 * BASIS_COLUMNS, BASIS_SCALE), np.full(3 * PHASE_COLUMNS, PHASE_SCALE)])
# Before anything is learned the course of events is believed as it stands, and memory adds nothing to it.
EVENT_PRIOR = np.concatenate([[1.0], np.zeros(EVENT_COLUMNS - 1)])


@dataclass(frozen=True)
class GrowthFeatures:
    """Columns of each pair of bins (pairs, columns); the first of `general` is the growth that the season foresees."""

    general: Floats
    events: Floats | None

    @property
    def rows(self) -> Floats:
        """All columns beside each other."""
        return self.general if self.events is None else np.concatenate([self.general, self.events], axis=1)


class GrowthReader:
    """Reads features off one course, of origins from `since` on; what depends on these alone is worked out once."""

    def __init__(self, course: UsualCourse, *, since: int = 0) -> None:
        self._course = course
        self._first = max(0, since - _LOOKED_BACK_BINS)
        log_load = course.log_load[self._first :]
        before = [earlier(log_load, bins) for bins in MOMENTUM_BINS]
        usual = [trailing_mean(log_load, half_life) for half_life in HALF_LIVES_BINS]
        self._moving = _limited(log_load - np.stack([*before, *usual]))

    def features(self, origins: Indices, targets: Indices) -> GrowthFeatures:
        """Features of growth from the end of each origin bin to each target bin, from nothing later than the origin."""
        course = self._course
        general = [course.season[targets] - course.season[origins]]
        general += list(self._moving[:, origins - self._first])
        general += [course.grid.last_minute[origins], course.grid.last_two_minutes[origins]]
        general += self._season_growth(origins, targets)
        general += self._since_last_day_and_week(origins)
        general += _time_of_week(course.minutes[targets])
        return GrowthFeatures(np.stack(general, axis=1), self._event_features(origins, targets))

    def _season_growth(self, origins: Indices, targets: Indices) -> list[Floats]:
        """Growth between the same times of earlier days: of four of them, and the mean of the last seven."""
        per_day, ahead = self._course.grid.bins_per_day, SMOOTHING_MIN // self._course.grid.bin_min
        lag = per_day * np.arange(1, 8)[:, None]
        # Smoothing looks ahead: where that would pass the origin, the day before is taken.
        lag = np.where(targets - lag + ahead > origins, lag + per_day, lag)
        calm, begun = self._course.calm, origins - lag >= 0
        by_lag = np.where(begun, at(calm, targets - lag) - at(calm, origins - lag), 0.0)
        return [*(by_lag[days - 1] for days in SEASON_LAGS_DAYS), by_lag.mean(axis=0)]

    def _since_last_day_and_week(self, origins: Indices) -> list[Floats]:
        per_day = self._course.grid.bins_per_day
        log_load, calm = self._course.log_load, self._course.calm
        return [
            np.where(origins >= lag, log_load[origins] - at(calm, origins - lag), 0.0) for lag in (per_day, 7 * per_day)
        ]

    def _event_features(self, origins: Indices, targets: Indices) -> Floats | None:
        course = self._course
        if course.basis is None or course.weekend_basis is None or course.phase_basis is None:
            return None
        phase = course.phase_basis[targets]
        columns = [
            (course.events[targets] - course.events[origins])[:, None],
            (course.departure[targets] - course.departure[origins])[:, None],
            course.basis[targets] - course.basis[origins],
            course.weekend_basis[targets] - course.weekend_basis[origins],
            phase * self._moving[0, origins - self._first, None],
            phase * self._moving[2, origins - self._first, None],
            phase * course.grid.last_minute[origins, None],
        ]
        return np.concatenate(columns, axis=1)


def _limited(momentum: Floats) -> Floats:
    return np.clip(np.nan_to_num(momentum, nan=0.0), -LARGEST_MOMENTUM, LARGEST_MOMENTUM)


def _time_of_week(minutes: Floats) -> list[Floats]:
    angle = 2 * np.pi * (minutes % 1440) / 1440
    weekend = is_weekend(minutes).astype(np.float64)
    waves = [wave(number * angle) for number in range(1, HARMONICS + 1) for wave in (np.sin, np.cos)]
    return [*waves, weekend, weekend * np.sin(angle), weekend * np.cos(angle)]
