"""What an event of each kind may do to load before any has been seen: the figures of docs/, kept apart from learning.

Multipliers, durations and times of peak are those that RuVector's burst predictor hard-codes; they are opinions, not
measurements, and the traces show less. A multiplier is therefore read as the 95th percentile of the crowd that such an
event draws, and no crowd at all as the 5th: the median lies half way in log (10x reads as 3.2x, 45x as 6.7x), and the
forecast's band is as wide as that says until events of the kind have been seen.
Its factors for evenings (1.2), nights (0.7) and weekends (1.15) are not used: on the World Cup trace crowds on weekends
are smaller, not larger, so the hour and the weekday are learned.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.domain.calendar import EventType, Occurrence

NORMAL_95 = 1.645  # standard deviations from the median to the 95th percentile
# Each billion of expected audience adds a tenth to the multiplier (RuVector's predictor).
AUDIENCE_SHARE_PER_BILLION = 0.1


@dataclass(frozen=True)
class EventPrior:
    """The load at the peak as a multiple of the load without the event, and how long after the start it peaks."""

    multiplier: float
    peak_after_start_min: float


PRIORS: Mapping[EventType, EventPrior] = MappingProxyType(
    {
        EventType.SPORTS_FINAL: EventPrior(multiplier=45, peak_after_start_min=90),
        EventType.CONCERT: EventPrior(multiplier=25, peak_after_start_min=45),
        EventType.RELEASE: EventPrior(multiplier=15, peak_after_start_min=30),
        EventType.PROMOTION: EventPrior(multiplier=12, peak_after_start_min=15),
        # no pattern of their own: the conservative multiplier, the peak at the start of the second half or hour
        EventType.SPORTS: EventPrior(multiplier=10, peak_after_start_min=60),
        EventType.OTHER: EventPrior(multiplier=10, peak_after_start_min=60),
    }
)


def prior_multiplier(occurrence: Occurrence, region: str) -> float:
    """The multiplier for one region: the excess over normal load is shared out by the event's weights."""
    event = occurrence.event
    audience = 1 + AUDIENCE_SHARE_PER_BILLION * (event.audience or 0) / 1e9
    excess = PRIORS[event.kind].multiplier * audience - 1
    return 1 + excess * event.region_weights.get(region, 0.0)


def drawn_requests(occurrence: Occurrence, region: str, requests_per_viewer: float) -> float:
    """What the audience asks of one region altogether, 0 where it is not known how many they are.

    The audience is shared out by the event's weights; `requests_per_viewer` is for events that do not say it.
    """
    event = occurrence.event
    asked = requests_per_viewer if event.requests_per_viewer is None else event.requests_per_viewer
    share = event.region_weights.get(region, 0.0) / sum(event.region_weights.values())
    return (event.audience or 0) * asked * share


def median_log_lift(log_multiplier: float) -> float:
    """The median of the prior, in log load at the peak."""
    return log_multiplier / 2


def log_lift_deviation(log_multiplier: float) -> float:
    """The standard deviation of the prior, in log load at the peak."""
    return log_multiplier / 2 / NORMAL_95


def strength(log_multiplier: float) -> float:
    """How strongly an event shows what crowds of its series look like; 1 for a multiplier of 10.

    The square root lies between 'all events of a series alike' and 'in proportion to the prior': when group matches
    have been seen to lift load 3x, a final (45x) is expected to lift it 3^1.29 = 4.1x.
    """
    return math.sqrt(log_multiplier / math.log(10))
