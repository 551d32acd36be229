"""Instances of every region: those that answer, those that start, and the bounds that scaling has set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.errors import NotFound
from shared.ports.fleet import FleetSize

Floats = NDArray[np.float64]

CPU_TARGET: Final = 0.6
"""Cloud Run's own autoscaler holds instances at 60 % of their processor, over the last minute."""
LEAVING_PER_MIN: Final = 0.15
"""Idle instances leave in the course of minutes; Cloud Run keeps one for up to 15 (ours: 15 % a minute)."""


@dataclass(frozen=True)
class FleetRules:
    """What a platform does: instances that a region starts a minute, and seconds until one answers."""

    starts_per_min: float
    cold_start_s: float
    beat_s: float


class SimulatedFleet:
    """The `Fleet` port over arrays. Instances are whole; a beat is the time between two steps."""

    def __init__(self, regions: Sequence[str], quotas: Floats, rules: FleetRules) -> None:
        self._positions = {region: position for position, region in enumerate(regions)}
        self._rules = rules
        self._delay = max(1, round(rules.cold_start_s / rules.beat_s))
        self._starting = np.zeros((self._delay, len(regions)))
        self._start_allowance = np.zeros(len(regions))
        self._busy_of_late = np.zeros(len(regions))
        self.quotas = quotas
        self.ready = np.zeros(len(regions))
        self.floor = np.zeros(len(regions))
        self.ceiling = quotas.copy()

    @property
    def starting(self) -> Floats:
        """Instances that do not answer yet."""
        total: Floats = self._starting.sum(axis=0)
        return total

    def size(self, region: str) -> FleetSize:
        """As the port."""
        at = self._position(region)
        return FleetSize(int(self.floor[at]), int(self.ceiling[at]), int(self.ready[at]))

    def resize(self, region: str, *, min_instances: int, max_instances: int) -> None:
        """As the port."""
        at = self._position(region)
        self.floor[at], self.ceiling[at] = min_instances, max_instances

    def lose(self, shares: Floats) -> None:
        """So large a share of each region's instances is gone at once, those that start included."""
        self.ready = np.ceil(self.ready * (1 - shares))
        self._starting = np.ceil(self._starting * (1 - shares))

    def step(self, busy: Floats, asked: Floats, may_start: NDArray[np.bool_]) -> None:
        """One beat of the platform: instances become ready, leave, and start.

        `busy` is the utilisation of those that answer (above 1 where more is asked than they can do), `asked` whether
        anybody asks at all: one instance at least then starts.
        """
        self.ready += self._starting[0]
        self._starting[:-1] = self._starting[1:]
        self._starting[-1] = 0
        share = min(1.0, self._rules.beat_s / 60)
        self._busy_of_late += (busy - self._busy_of_late) * min(1.0, 2 * share)
        by_load = np.ceil(self.ready * np.minimum(self._busy_of_late, 10.0) / CPU_TARGET - 1e-9)
        wanted = np.minimum(np.maximum(np.maximum(by_load, np.minimum(asked, 1.0)), self.floor), self.ceiling)
        self._start(np.maximum(wanted - self.ready - self.starting, 0.0), may_start)
        over = np.maximum(self.ready - wanted, 0.0)
        leaving = np.minimum(over, np.ceil(self.ready * LEAVING_PER_MIN * share))
        self.ready -= np.maximum(leaving, np.minimum(over, self.ready - self.ceiling))

    def _start(self, missing: Floats, may_start: NDArray[np.bool_]) -> None:
        per_beat = self._rules.starts_per_min * self._rules.beat_s / 60
        self._start_allowance = np.minimum(self._start_allowance + per_beat, max(per_beat, 1.0) + per_beat)
        begun = np.where(may_start, np.minimum(missing, np.floor(self._start_allowance)), 0.0)
        self._start_allowance -= begun
        self._starting[-1] += begun

    def _position(self, region: str) -> int:
        if region not in self._positions:
            raise NotFound(f"the query function is not deployed in region {region!r}")
        return self._positions[region]
