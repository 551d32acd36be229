"""Crowds that the calendar announces to one region."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from functions.burst_prediction.load_history import minutes_since_epoch
from functions.burst_prediction.priors import PRIORS, drawn_requests, prior_multiplier, strength
from shared.domain.calendar import Occurrence


@dataclass(frozen=True)
class Crowd:
    """Events of one kind that start together, as one region sees them. Times are minutes since 1970-01-01 UTC."""

    start_min: float
    duration_min: float
    peak_after_start_min: float
    kind: str
    stage: str
    log_multiplier: float
    events: int
    requests: float = 0.0
    """What they draw in the region altogether, where their audience is known."""
    announced_excess: float = 0.0
    """What was announced of their peak beyond the usual load, in usual loads; 0 where no multiple was."""

    @property
    def end_min(self) -> float:
        """When the event is over; its crowd takes longer to leave."""
        return self.start_min + self.duration_min

    @property
    def strength(self) -> float:
        """See `priors.strength`."""
        return strength(self.log_multiplier)


def crowds_in(region: str, occurrences: Iterable[Occurrence], *, requests_per_viewer: float = 0.0) -> tuple[Crowd, ...]:
    """The crowds of a region by start. Events of one kind that start together add up: the excess of each counts.

    `requests_per_viewer` is for events that do not say it themselves.
    """
    named = [occurrence for occurrence in occurrences if occurrence.event.region_weights.get(region, 0.0) > 0]

    def together(occurrence: Occurrence) -> tuple[float, str]:
        return minutes_since_epoch(occurrence.starts_at), occurrence.event.kind.value

    groups = groupby(sorted(named, key=together), key=together)
    return tuple(_crowd(start, kind, list(members), region, requests_per_viewer) for (start, kind), members in groups)


def _crowd(start_min: float, kind: str, members: list[Occurrence], region: str, requests_per_viewer: float) -> Crowd:
    excess = sum(prior_multiplier(member, region) - 1 for member in members)
    longest = max(members, key=lambda member: member.ends_at)
    duration_min = minutes_since_epoch(longest.ends_at) - start_min
    peaks_at = longest.peaks_at
    known_peak = PRIORS[longest.event.kind].peak_after_start_min
    peak_min = known_peak if peaks_at is None else minutes_since_epoch(peaks_at) - start_min
    return Crowd(
        start_min=start_min,
        duration_min=duration_min,
        peak_after_start_min=min(peak_min, duration_min),
        kind=kind,
        stage=members[0].event.stage,
        log_multiplier=math.log(1 + excess),
        events=len(members),
        announced_excess=sum((member.event.multiple_in(region) or 1.0) - 1 for member in members),
        requests=sum(drawn_requests(member, region, requests_per_viewer) for member in members),
    )
