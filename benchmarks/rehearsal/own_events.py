"""An event of an operator's own calendar as a scenario: as large a crowd as its kind may draw."""

import re
from datetime import timedelta
from typing import Final

from benchmarks.scenarios.arrival import Ramp, Stage, Zipf
from benchmarks.scenarios.model import CalendarEntry, Objectives, Scenario, line_of
from functions.burst_prediction.priors import PRIORS, prior_multiplier
from shared.domain.calendar import Occurrence

BEFORE_MIN: Final = 90.0
ARRIVE_MIN: Final = 60.0
HALF_LIFE_MIN: Final = 23.0
"""World Cup 98: half of a crowd has gone 12 to 30 minutes after its peak, median 23."""
AFTER_MIN: Final = 90.0
LONGEST_MIN: Final = 600.0


def scenario_of(occurrence: Occurrence, streams: float) -> Scenario:
    """The crowd that is announced, else the 95th percentile of its kind's prior; an hour before to its last half."""
    event = occurrence.event
    duration = min((occurrence.ends_at - occurrence.starts_at) / timedelta(minutes=1), LONGEST_MIN)
    peaks = occurrence.peaks_at
    prior = PRIORS[event.kind].peak_after_start_min
    peak_min = min(duration, prior if peaks is None else (peaks - occurrence.starts_at) / timedelta(minutes=1))
    regions = event.region_weights
    excess = {name: (event.multiple_in(name) or prior_multiplier(occurrence, name)) - 1 for name in regions}
    # Regions lift alike, each by its own weight; the world's multiple is the mean over what the regions have.
    shares = _base_shares(excess)
    world = 1 + sum(excess[region] * shares[region] for region in excess)
    halves = [Stage(minutes=HALF_LIFE_MIN, factor=1 + (world - 1) / 2**step) for step in (1, 2, 3)]
    begin = occurrence.starts_at - timedelta(minutes=BEFORE_MIN)
    return Scenario(
        name=re.sub(r"[^a-z0-9]+", "-", event.name.lower()).strip("-")[:60].strip("-") or "event",
        title=line_of(event.name[:120]),
        group="burst",
        source="the operator's calendar; size from functions/burst_prediction/priors.py",
        starts_at=begin,
        duration_min=float(int(BEFORE_MIN + duration + AFTER_MIN)),
        tick_s=1 if duration <= 240 else 5,
        streams=streams,
        arrival=Ramp(
            kind="ramp",
            stages=(
                Stage(minutes=BEFORE_MIN - ARRIVE_MIN, factor=1),
                Stage(minutes=ARRIVE_MIN + max(peak_min, 1.0), factor=world),
                *([Stage(minutes=duration - peak_min, factor=world)] if duration > peak_min else []),
                *halves,
            ),
        ),
        crowd={region: max(excess[region] * shares[region], 1e-9) for region in excess},
        popularity=Zipf(kind="zipf"),
        calendar=(
            CalendarEntry(
                name=line_of(event.name),
                kind=event.kind,
                start_min=BEFORE_MIN,
                duration_min=duration,
                weights=dict(event.region_weights),
                peak_after_min=peak_min,
                audience=event.audience,
                expected_multiple=event.expected_multiple,
                stage=line_of(event.stage),
            ),
        ),
        objectives=Objectives(p99_ms=200, error_share=0.01, shed_share_premium=0.001),
        pre_checks=("`swell plan` shows instances before the event",),
        post_analysis=("`swell timeline`",),
    )


def _base_shares(regions: dict[str, float]) -> dict[str, float]:
    """The part of the world's base that each region has: 80 parts for a hub, 10 for another."""
    from shared.topology import load_topology  # noqa: PLC0415 - named here, used once

    topology = load_topology()
    weights = {name: 80.0 if region.hub is None else 10.0 for name, region in topology.regions.items()}
    total = sum(weights.values())
    return {region: weights.get(region, 10.0) / total for region in regions}
