"""What past events did to load beyond the usual course, remembered by kind, stage and time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from functions.burst_prediction.arrays import MINUTES_PER_DAY, Floats, is_weekend, smoothed
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_basis import GONE_MIN, prior_courses
from functions.burst_prediction.priors import log_lift_deviation

# The stretch of an event that is remembered, in minutes from its start.
FIRST_MIN, LAST_MIN, STEP_MIN = -180, 360, 5
OFFSETS_MIN = np.arange(FIRST_MIN, LAST_MIN + 1, STEP_MIN, dtype=np.float64)
# 109 values each: 64 fit a state document beside the coefficients.
MAX_REMEMBERED = 64
# A crowd is foreseen up to a day ahead, from three hours before its start: what tells about it was over by then.
FORESIGHT_MIN = float(MINUTES_PER_DAY - FIRST_MIN)
# How much less an event tells about another that differs from it.
OTHER_STAGE, OTHER_DAY_TYPE, OTHER_SIZE = 0.6, 0.2, 0.5
HOUR_SCALE_MIN = 120.0
RECENCY_HALF_LIFE_DAYS, LEAST_RECENCY = 10.0, 0.1
# Weight of knowing nothing: one event just like the next one is believed by half.
DOUBT = 1.0


@dataclass(frozen=True)
class RememberedCrowd:
    """A past crowd and its departure from the usual course at `OFFSETS_MIN`, in log load."""

    crowd: Crowd
    departure: Floats


EventMemory = tuple[RememberedCrowd, ...]
Alike = list[tuple[float, RememberedCrowd]]


def remember(minutes: Floats, departures: Floats, crowds: Iterable[Crowd], earlier: EventMemory = ()) -> EventMemory:
    """The crowds that a series has seen through, with those remembered from before it, oldest first.

    `departures` are load minus the usual course in log, without gaps; `minutes` are the centres of its bins.
    """
    calm = smoothed(departures, 2) if len(departures) else departures
    known = {(held.crowd.start_min, held.crowd.kind): held for held in earlier}
    for crowd in crowds:
        seen_whole = len(minutes) and minutes[0] <= crowd.start_min + FIRST_MIN and is_over(crowd, float(minutes[-1]))
        if seen_whole:
            course = np.interp(np.minimum(crowd.start_min + OFFSETS_MIN, crowd.end_min + GONE_MIN), minutes, calm)
            known[crowd.start_min, crowd.kind] = RememberedCrowd(crowd, course)
    return tuple(sorted(known.values(), key=lambda held: held.crowd.start_min))[-MAX_REMEMBERED:]


def is_over(crowd: Crowd, minute: float) -> bool:
    """Whether the crowd of an event has left by then."""
    return crowd.end_min + GONE_MIN <= minute


def expected_departure(minutes: Floats, crowds: Sequence[Crowd], alike: Sequence[Alike]) -> Floats:
    """What memory adds to the usual course at each moment; `alike` are those of each crowd. `minutes` must rise."""
    total = np.zeros(len(minutes))
    for crowd, known in zip(crowds, alike, strict=True):
        if not known:
            continue
        weight = sum(share for share, _ in known)
        course = np.sum([share * held.departure for share, held in known], axis=0) / (weight + DOUBT)
        first = int(np.searchsorted(minutes, crowd.start_min + FIRST_MIN))
        near = slice(first, int(np.searchsorted(minutes, crowd.start_min + LAST_MIN, side="right")))
        total[near] += np.interp(minutes[near] - crowd.start_min, OFFSETS_MIN, course)
    return total


def prior_deviation(minutes: Floats, crowds: Sequence[Crowd], alike: Sequence[Alike]) -> Floats:
    """The standard deviation of log load that is left of the priors at each moment; memory takes it away.

    `alike` are those of each crowd. `minutes` must rise.
    """
    total = np.zeros(len(minutes))
    for crowd, known in zip(crowds, alike, strict=True):
        weight = sum(share for share, _ in known)
        for _, near, course in prior_courses(minutes, [crowd]):
            total[near] += log_lift_deviation(crowd.log_multiplier) * course * DOUBT / (weight + DOUBT)
    return total


def alike_to(crowd: Crowd, memory: EventMemory) -> Alike:
    """How much each remembered crowd that was over a day before this one comes tells about it, where it does."""
    known = [held for held in memory if is_over(held.crowd, crowd.start_min - FORESIGHT_MIN)]
    weighed = [(likeness(crowd, held.crowd), held) for held in known]
    return [(share, held) for share, held in weighed if share > 0]


@lru_cache(maxsize=4096)
def likeness(upcoming: Crowd, past: Crowd) -> float:
    """How much a past crowd tells about an upcoming one: 1 for the same kind, stage, hour, day type and size."""
    if upcoming.kind != past.kind:
        return 0.0
    age_days = (upcoming.start_min - past.start_min) / MINUTES_PER_DAY
    apart_min = abs(upcoming.start_min % MINUTES_PER_DAY - past.start_min % MINUTES_PER_DAY)
    apart_min = min(apart_min, MINUTES_PER_DAY - apart_min)
    weekends = is_weekend(np.array([upcoming.start_min, past.start_min]))
    return float(
        max(0.5 ** (age_days / RECENCY_HALF_LIFE_DAYS), LEAST_RECENCY)
        * np.exp(-apart_min / HOUR_SCALE_MIN)
        * (1.0 if upcoming.stage == past.stage else OTHER_STAGE)
        * (1.0 if weekends[0] == weekends[1] else OTHER_DAY_TYPE)
        * (1.0 if upcoming.events == past.events else OTHER_SIZE)
    )
