"""How much of its traffic a region hands to others because it is nearly full (figures: RUVECTOR §1.4).

Spilling starts above 85 % utilisation, above 90 % of the allowed instances or above a p99 of 80 ms. It ends when,
for five minutes, demand is at most 80 % of capacity (then the region has the 20 % free that new traffic needs),
at most 80 % of the instances run and p99 is at most 50 ms.
Instances that run count only above 60 % utilisation: those that were started before a crowd are no
sign that it is too large, and a region that handed it on for their sake would leave them idle and fill its neighbours.
The share is what brings utilisation to 80 %, at least 10 % and at most 30 %.

It is reckoned from demand, not from what is left after spilling: so spilling does not end itself.
The three stop lines, the five minutes and the least share are ours; RUVECTOR gives none, and would flap.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.routing.load import RegionLoad

FULL_ABOVE: Final = 0.85
ROOM_UP_TO: Final = 0.80
INSTANCES_ABOVE: Final = 0.90
INSTANCES_USED_ABOVE: Final = 0.6
P99_ABOVE_MS: Final = 80.0
P99_CALM_MS: Final = 50.0
LEAST: Final = 0.10
MOST: Final = 0.30
CALM_FOR: Final = timedelta(minutes=5)


class Pressure(StrEnum):
    """Why a region spills."""

    UTILISATION_ABOVE_85_PERCENT = "utilisation_above_85_percent"
    INSTANCES_ABOVE_90_PERCENT = "instances_above_90_percent"
    P99_ABOVE_80_MS = "p99_above_80_ms"


@dataclass(frozen=True)
class Spill:
    """The share that is handed on, 0 to 0.3, and why; `pressure` None: nothing is. `calm_since`: the way out."""

    share: float = 0.0
    pressure: Pressure | None = None
    calm_since: datetime | None = None


def next_spill(spill: Spill, load: RegionLoad | None, now: datetime) -> Spill:
    """The spill after one more reading; without a reading it stays as it is."""
    if load is None:
        return spill
    pressure = _pressure(load)
    if pressure is not None:
        return Spill(_share(load), pressure)
    if spill.pressure is None:
        return spill
    if not _is_calm(load):
        return Spill(_share(load), spill.pressure)
    calm_since = spill.calm_since or now
    return Spill() if now - calm_since >= CALM_FOR else Spill(spill.share, spill.pressure, calm_since)


def _pressure(load: RegionLoad) -> Pressure | None:
    if load.utilisation > FULL_ABOVE:
        return Pressure.UTILISATION_ABOVE_85_PERCENT
    if _used_share(load) > INSTANCES_ABOVE:
        return Pressure.INSTANCES_ABOVE_90_PERCENT
    if load.p99_ms is not None and load.p99_ms > P99_ABOVE_MS:
        return Pressure.P99_ABOVE_80_MS
    return None


def _is_calm(load: RegionLoad) -> bool:
    fast = load.p99_ms is None or load.p99_ms <= P99_CALM_MS
    return fast and load.utilisation <= ROOM_UP_TO and _used_share(load) <= ROOM_UP_TO


def _used_share(load: RegionLoad) -> float:
    """Running instances over those allowed; none where they run ahead of what is asked."""
    return load.instances_share if load.utilisation > INSTANCES_USED_ABOVE else 0.0


def _share(load: RegionLoad) -> float:
    excess = 1 - ROOM_UP_TO / load.utilisation if load.utilisation > 0 else 0.0
    return min(MOST, max(LEAST, excess))
