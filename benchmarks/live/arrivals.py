"""When each request of a scenario is due, of which kind and tier: an open loop, Poisson, the same for the same seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.asked import Keys, Kind, keys_of, shares_of
from benchmarks.scenarios.course import Course
from benchmarks.scenarios.model import Scenario
from benchmarks.scenarios.protocol import ProtocolName
from shared.domain.tier import Tier
from shared.topology import Topology

Floats = NDArray[np.float64]

_STEPS: Final = 1000


class What(NamedTuple):
    """Who asks for what, and how."""

    tier: Tier
    kind: Kind
    protocol: ProtocolName

    @property
    def name(self) -> str:
        """In a word."""
        return f"{self.tier.value}/{self.kind}/{self.protocol}"


@dataclass(frozen=True, eq=False)
class Arrivals:
    """`due_s` of each sort of request, rising, and the `keys` that are asked for then.

    `rate_at` is the rate, a second, at `rate_times_s`: the scenario's course with the noise of `bursty` on it.
    """

    due_s: Mapping[What, Floats]
    keys: Mapping[What, Keys]
    rate_times_s: Floats
    rate_at: Floats

    @property
    def count(self) -> int:
        """All requests."""
        return sum(len(due) for due in self.due_s.values())

    def until(self, end_s: float) -> "Arrivals":
        """Those that are due before a moment."""
        counts = {what: int(np.searchsorted(due, end_s)) for what, due in self.due_s.items()}
        return Arrivals(
            {what: due[: counts[what]] for what, due in self.due_s.items()},
            {what: keys[: counts[what]] for what, keys in self.keys.items()},
            self.rate_times_s,
            self.rate_at,
        )


def arrivals_of(scenario: Scenario, topology: Topology, *, peak_per_s: float, seconds: float) -> Arrivals:
    """The scenario's course, its peak at `peak_per_s` but for noise, its whole length within `seconds`.

    Raises:
        BadScenario: it names a region that the topology does not have, or asks what cannot be sent.
    """
    minutes = np.linspace(0, scenario.duration_min, _STEPS)
    streams = Course.of(scenario, topology).streams(minutes).sum(axis=1)
    times_s = minutes / scenario.duration_min * seconds
    random = np.random.default_rng(scenario.seed)
    rate = streams / streams.max() * peak_per_s * _deviations(scenario, random)
    expected = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(times_s))])
    count = int(random.poisson(expected[-1]))
    due_s = np.interp(np.sort(random.uniform(0, expected[-1], count)), expected, times_s)
    sorts = {
        What(tier, *asked): share * of_tier
        for tier, of_tier in scenario.tiers.items()
        for asked, share in shares_of(scenario).items()
    }
    sort = random.choice(len(sorts), count, p=np.array(list(sorts.values())) / sum(sorts.values()))
    keys = keys_of(scenario.popularity, due_s / seconds * scenario.duration_min, random)
    return Arrivals(
        {what: due_s[sort == number] for number, what in enumerate(sorts)},
        {what: keys[sort == number] for number, what in enumerate(sorts)},
        times_s,
        rate,
    )


def _deviations(scenario: Scenario, random: np.random.Generator) -> Floats:
    """What the rate is multiplied by at each step: near 1, and near what it was a moment before."""
    keeps = float(np.exp(-scenario.duration_min * 60 / _STEPS / scenario.bursty.memory_s))
    shocks = random.standard_normal(_STEPS) * np.sqrt(1 - keeps**2)
    off = random.standard_normal()
    found = np.empty(_STEPS)
    for step, shock in enumerate(shocks.tolist()):
        off = keeps * off + shock
        found[step] = off
    factors: Floats = np.maximum(1 + scenario.bursty.cv * found, 0.0)
    return factors
