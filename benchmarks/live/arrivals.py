"""When each request of a scenario is due, of which kind and tier: an open loop, Poisson, the same for the same seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.course import Course
from benchmarks.scenarios.model import Scenario
from shared.domain.tier import Tier
from shared.topology import Topology

Kind = Literal["search", "write"]
Floats = NDArray[np.float64]

_STEPS: Final = 1000


@dataclass(frozen=True, eq=False)
class Arrivals:
    """`due_s` by tier and kind, each rising; `rate_at` is the mean rate, a second, at `rate_times_s`."""

    due_s: Mapping[tuple[Tier, Kind], Floats]
    rate_times_s: Floats
    rate_at: Floats

    @property
    def count(self) -> int:
        """All requests."""
        return sum(len(due) for due in self.due_s.values())


def arrivals_of(scenario: Scenario, topology: Topology, *, peak_per_s: float, seconds: float) -> Arrivals:
    """The scenario's course, its peak at `peak_per_s`, its whole length within `seconds`.

    Filtered searches are sent as searches, deletes as writes: the collection that is played against has no attributes.

    Raises:
        BadScenario: it names a region that the topology does not have.
    """
    minutes = np.linspace(0, scenario.duration_min, _STEPS)
    streams = Course.of(scenario, topology).streams(minutes).sum(axis=1)
    times_s = minutes / scenario.duration_min * seconds
    rate = streams / streams.max() * peak_per_s
    random = np.random.default_rng(scenario.seed)
    expected = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(times_s))])
    count = int(random.poisson(expected[-1]))
    due_s = np.interp(np.sort(random.uniform(0, expected[-1], count)), expected, times_s)
    tiers = list(scenario.tiers)
    tier = random.choice(len(tiers), count, p=[scenario.tiers[each] for each in tiers])
    is_write = random.random(count) < scenario.mix.write + scenario.mix.delete
    return Arrivals(
        {
            (each, kind): due_s[(tier == number) & (is_write == (kind == "write"))]
            for number, each in enumerate(tiers)
            for kind in _KINDS
        },
        times_s,
        rate,
    )


_KINDS: Final[tuple[Kind, ...]] = ("search", "write")
