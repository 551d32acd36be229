"""What the instances of all regions do with a beat's requests: serve, hold, shed, fail."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.model import Scenario
from benchmarks.scenarios.popularity import hit_share
from benchmarks.simulator.calibration import Calibration
from benchmarks.simulator.faults import Troubles
from benchmarks.simulator.latency import Conditions
from benchmarks.simulator.serving import TIERS, let_in, serve
from shared.domain.serving_mode import ServingMode

Floats = NDArray[np.float64]

ANSWERS_KEPT: Final = 20_000
"""Answers that an instance keeps: 64 MB of about 3 kB (`SWELL_ANSWERS_MAX_BYTES`)."""
_LONGEST_HELD_MS: Final = 10_000.0
_FILLED_IN_S: Final = 60.0
_NEW_ONES_WEIGH: Final = 0.5
"""An empty cache fills in about a minute; half of the time of a new instance's start lies before the beat's middle."""


class Done(NamedTuple):
    """What became of a beat: requests (regions, tiers), and what the instances were like.

    `here` is how a region's answers took as it measures them; a share of `foreign` of them went to clients of other
    regions, `there` is how long those waited for them, with the way.
    """

    offered: Floats
    served: Floats
    shed: Floats
    failed: Floats
    dependency_failed: Floats
    capacity_per_s: Floats
    busy: Floats
    pressed: Floats
    hits: Floats
    foreign: Floats
    here: Conditions
    there: Conditions


def request_cost(scenario: Scenario, calibration: Calibration, hits: Floats) -> Floats:
    """What the mean request of a scenario costs an instance, in searches, when so many are answered from caches."""
    mix = scenario.mix
    searched = mix.search * (hits * calibration.hit_cost + 1 - hits) + mix.filtered * calibration.filtered_cost
    cost: Floats = searched + (mix.write + mix.delete) * calibration.write_cost
    return cost


class Work:
    """The queues and the caches of all regions, from one beat to the next."""

    def __init__(self, scenario: Scenario, calibration: Calibration, regions: int, beat_s: float) -> None:
        self._scenario = scenario
        self._calibration = calibration
        self._beat_s = beat_s
        self._tiers = np.array([scenario.tiers.get(tier, 0.0) for tier in TIERS])
        self._most_hits = hit_share(scenario.popularity, ANSWERS_KEPT)
        self._warm = np.ones(regions)
        self.waiting = np.zeros((regions, len(TIERS)))

    def usual_cost(self) -> float:
        """What the mean request costs once caches are full."""
        return float(request_cost(self._scenario, self._calibration, np.array([self._most_hits]))[0])

    def empty_caches(self) -> None:
        """All of them."""
        self._warm = np.zeros_like(self._warm)

    def fill_caches(self, ready: Floats, starting: Floats) -> None:
        """Those there are fill; those of new instances are empty."""
        filled = self._warm + (1 - self._warm) * min(1.0, self._beat_s / _FILLED_IN_S)
        fresh = starting / np.maximum(ready + starting, 1.0)
        self._warm = np.minimum(filled, 1) * (1 - fresh * _NEW_ONES_WEIGH)

    def do(
        self, arriving: Floats, ready: Floats, mode: ServingMode, troubles: Troubles, away_ms: Floats | None
    ) -> Done:
        """A beat: `arriving` (ticks, regions). `away_ms` (2, regions, regions): requests, and the round trip of each.

        Where no request leaves its region it is None.
        """
        hits = self._most_hits * self._warm
        cost = request_cost(self._scenario, self._calibration, hits)
        capacity_per_s = np.where(troubles.down, 0.0, self._calibration.requests_per_s * ready / cost / troubles.slow)
        offered = arriving.sum(axis=0)
        served, shed, failed, dependency_failed = self._serve(arriving, offered, capacity_per_s, mode, troubles)
        answered = served.sum(axis=1)
        whole = np.maximum(capacity_per_s * self._beat_s, 1e-9)
        works = capacity_per_s > 0
        busy = np.where(works, np.minimum(answered / whole, 1.0), 0.0)
        held_ms = np.where(works, 1000 * self._beat_s * self.waiting.sum(axis=1) / whole, 0.0)
        held_ms = np.minimum(held_ms, _LONGEST_HELD_MS)
        foreign, mean_ms = np.zeros((2, len(offered))) if away_ms is None else _foreign(offered, away_ms)
        return Done(
            offered=offered,
            served=served,
            shed=shed,
            failed=failed,
            dependency_failed=dependency_failed,
            capacity_per_s=capacity_per_s,
            busy=busy,
            pressed=np.where(works, (offered - shed.sum(axis=1)) / whole, 0.0),
            hits=hits * answered * self._scenario.mix.search,
            foreign=foreign,
            here=Conditions(busy, cost, held_ms, troubles.slow, np.zeros_like(busy)),
            there=Conditions(busy, cost, held_ms, troubles.slow, mean_ms),
        )

    def _serve(
        self, arriving: Floats, offered: Floats, capacity_per_s: Floats, mode: ServingMode, troubles: Troubles
    ) -> tuple[Floats, Floats, Floats, Floats]:
        tick_s, shares = self._scenario.tick_s, let_in(mode)
        asked = offered[:, None] * self._tiers
        served = asked * shares
        shed, refused = asked - served, np.zeros_like(served)
        # Where each tick has room for all and nobody waits, all are served; elsewhere each tick is played.
        room = arriving.max(axis=0) * (self._tiers @ shares) <= capacity_per_s * tick_s
        full = np.flatnonzero(~room | self.waiting.any(axis=1))
        if len(full):
            served[full], shed[full], refused[full], self.waiting[full] = self._tick_by_tick(
                arriving[:, full], full, capacity_per_s[full] * tick_s, shares
            )
        if troubles.quiet:
            return served, shed, refused, np.zeros(len(served))
        if troubles.down.any():
            lost = self.waiting * troubles.down[:, None]
            self.waiting -= lost
            refused += lost
        if not (troubles.writes_refused or troubles.failing.any()):
            return served, shed, refused, np.zeros(len(served))
        writes = self._scenario.mix.write + self._scenario.mix.delete if troubles.writes_refused else 0.0
        failing = troubles.failing[:, None] + (1 - troubles.failing[:, None]) * writes
        failed = served * failing
        return served - failed, shed, refused + failed, failed.sum(axis=1)

    def _tick_by_tick(
        self, arriving: Floats, regions: NDArray[np.int64], capacity: Floats, shares: Floats
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Served, shed and refused in a beat of these regions, and who waits at its end."""
        waiting = self.waiting[regions]
        served, shed, refused = (np.zeros_like(waiting) for _ in range(3))
        for tick in arriving:
            done = serve(tick[:, None] * self._tiers, waiting, capacity, shares, self._scenario.tick_s)
            served += done.served
            shed += done.shed
            refused += done.refused
            waiting = done.waiting
        return served, shed, refused, waiting


def _foreign(offered: Floats, away_ms: Floats) -> tuple[Floats, Floats]:
    """The share of a region's requests that other regions sent it, and the mean round trip of these."""
    sent, apart_ms = away_ms
    foreign = sent.sum(axis=0) - np.diagonal(sent)
    share = np.where(offered > 0, np.clip(foreign / np.maximum(offered, 1e-9), 0, 1), 0.0)
    mean_ms = (sent * apart_ms).sum(axis=0) / np.maximum(foreign, 1e-9)
    return share, np.where(foreign > 0, mean_ms, 0.0)
