"""Everything known about a series at each bin, past and ahead: what features of growth are read from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from functions.burst_prediction.arrays import MINUTES_PER_DAY, Flags, Floats, Indices, smoothed
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_basis import BASIS_COLUMNS, phase_basis, phases, prior_log_lift
from functions.burst_prediction.event_memory import EventMemory, alike_to, expected_departure, prior_deviation, remember
from functions.burst_prediction.log_grid import LogGrid
from functions.burst_prediction.profile import Profile, event_columns

SMOOTHING_MIN = 10
# Over a gap the last departure from the usual course fades by half in 34 bins (170 minutes).
FADING_PER_BIN = 0.98


@dataclass(frozen=True)
class UsualCourse:
    """A series of n bins and the usual course on n + m bins: m of them lie ahead.

    `log_load` (n,) is without gaps and knows nothing of later bins; `known` (n,) says what was measured. `calm` is
    smoothed over ten minutes to both sides. The event arrays are None where no event is near.
    """

    grid: LogGrid
    minutes: Floats
    log_load: Floats
    known: Flags
    calm: Floats
    season: Floats
    events: Floats
    departure: Floats
    prior_deviation: Floats
    basis: Floats | None
    weekend_basis: Floats | None
    phase_basis: Floats | None
    phases: Indices
    memory: EventMemory

    def __len__(self) -> int:
        return len(self.log_load)


def usual_course(
    grid: LogGrid, profile: Profile, crowds: Sequence[Crowd], *, ahead: int, earlier: EventMemory = ()
) -> UsualCourse:
    """Lay a series beside its usual course, `ahead` bins further than the series goes."""
    minutes = grid.centres_min[0] + grid.bin_min * np.arange(len(grid) + ahead, dtype=np.float64)
    near = events_near(float(minutes[0]), grid.bin_min, len(minutes), tuple(crowds))
    columns = near.columns
    season, events = profile.season_at(minutes), profile.events_at(near.prior_lift, columns)
    usual = (season + events)[: len(grid)]
    log_load = without_gaps(grid.log_load, usual)
    memory = remember(grid.centres_min, log_load - usual, crowds, earlier)
    alike = [alike_to(crowd, memory) for crowd in crowds]
    return UsualCourse(
        grid=grid,
        minutes=minutes,
        log_load=log_load,
        known=~np.isnan(grid.log_load),
        calm=smoothed(log_load, SMOOTHING_MIN // grid.bin_min),
        season=season,
        events=events,
        departure=expected_departure(minutes, crowds, alike),
        prior_deviation=prior_deviation(minutes, crowds, alike),
        basis=None if columns is None else columns[:, :BASIS_COLUMNS],
        weekend_basis=None if columns is None else columns[:, BASIS_COLUMNS:],
        phase_basis=near.phase_basis,
        phases=near.phases,
        memory=memory,
    )


@dataclass(frozen=True)
class EventsNear:
    """Where bins lie in the course of events, and what the priors of these add there."""

    prior_lift: Floats
    columns: Floats | None
    phase_basis: Floats | None
    phases: Indices

    def between(self, first: int, last: int) -> "EventsNear":
        """Of the bins from `first` up to but not including `last`."""
        phase_basis, columns = (None if one is None else one[first:last] for one in (self.phase_basis, self.columns))
        return EventsNear(self.prior_lift[first:last], columns, phase_basis, self.phases[first:last])


def events_near(first_min: float, bin_min: int, bins: int, crowds: tuple[Crowd, ...]) -> EventsNear:
    """Where bins lie in the course of events: of a day that is looked at again and again this is worked out once."""
    since = int(first_min % MINUTES_PER_DAY // bin_min)
    per_day = MINUTES_PER_DAY // bin_min
    days = -(-(since + bins) // per_day)
    return events_in_days(first_min - since * bin_min, bin_min, days * per_day, crowds).between(since, since + bins)


@lru_cache(maxsize=16)
def events_in_days(first_min: float, bin_min: int, bins: int, crowds: tuple[Crowd, ...]) -> EventsNear:
    """Where the bins of whole days lie in the course of events; regions mostly have the same ones."""
    minutes = first_min + bin_min * np.arange(bins, dtype=np.float64)
    return EventsNear(
        prior_lift=prior_log_lift(minutes, crowds),
        columns=event_columns(minutes, crowds) if crowds else None,
        phase_basis=phase_basis(minutes, crowds) if crowds else None,
        phases=phases(minutes, crowds),
    )


def without_gaps(log_load: Floats, usual: Floats) -> Floats:
    """Fill what is unknown from the bins before it: the usual course plus the last departure from it, fading."""
    known = ~np.isnan(log_load)
    gaps = np.flatnonzero(~known)
    latest = np.maximum.accumulate(np.where(known, np.arange(len(log_load)), -1))[gaps]
    departure = np.where(latest >= 0, (log_load - usual)[latest], 0.0)
    carried = departure * FADING_PER_BIN ** (gaps - latest)
    filled = log_load.copy()
    filled[gaps] = np.maximum(usual[gaps] + carried, 0.0)
    return filled
