"""Which region answers one request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.routing.condition import Status
from shared.routing.plan import Share
from shared.routing.spill import ROOM_UP_TO
from shared.routing.state import Reading, RegionState

CONSIDERED: Final = 3
"""Of the nearest regions, as many are looked at before anything farther is (RUVECTOR §1.4)."""


class Reason(StrEnum):
    """Why this region was chosen."""

    NEAREST = "nearest"
    NEAR_AND_FREE = "near_and_free"
    LEAST_LOADED = "least_loaded"
    ANY_THAT_LIVES = "any_that_lives"
    NONE_LIVES = "none_lives"


@dataclass(frozen=True)
class Choice:
    """The region, or None when none lives."""

    region: str | None
    reason: Reason


def choose_region(
    nearest_first: Sequence[str], readings: Mapping[str, Reading], states: Mapping[str, RegionState]
) -> Choice:
    """Of the three nearest the first that is healthy and has more than 20 % free; else the least loaded healthy one.

    Emergency: any region that lives. For a client that has no route yet; traffic that has one follows the plan.
    """
    healthy = [name for name in nearest_first if states[name].condition.status is Status.SERVING]
    for position, name in enumerate(nearest_first[:CONSIDERED]):
        if name in healthy and _utilisation(readings[name]) < ROOM_UP_TO:
            return Choice(name, Reason.NEAREST if position == 0 else Reason.NEAR_AND_FREE)
    if healthy:
        return Choice(min(healthy, key=lambda name: _utilisation(readings[name])), Reason.LEAST_LOADED)
    living = [name for name in nearest_first if readings[name].lives]
    return Choice(living[0], Reason.ANY_THAT_LIVES) if living else Choice(None, Reason.NONE_LIVES)


def pick(shares: Sequence[Share], draw: float) -> Share:
    """The share that a number from 0 to below 1 falls into: over uniform draws, each by its weight."""
    reached = 0.0
    for share in shares:
        reached += share.weight
        if draw < reached:
            return share
    return shares[-1]


def _utilisation(reading: Reading) -> float:
    """A region that reports nothing counts as full: where nothing is known, nothing is added."""
    return reading.load.utilisation if reading.load is not None else 1.0
