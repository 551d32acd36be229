"""When each request of a scenario is due, of which kind, tier and region: Poisson, the same for the same seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.live.sessions import Break, users_of
from benchmarks.load.comings import Comings
from benchmarks.scenarios.asked import Keys, Kind, keys_of, shares_of
from benchmarks.scenarios.model import Scenario
from benchmarks.scenarios.offered import offered_rate
from benchmarks.scenarios.protocol import ProtocolName
from shared.domain.tier import Tier
from shared.topology import Topology

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class What(NamedTuple):
    """Who asks for what, and how; `region` is the one that the callers are nearest to, where there are several."""

    tier: Tier
    kind: Kind
    protocol: ProtocolName
    region: str = ""

    @property
    def name(self) -> str:
        """In a word."""
        return f"{self.tier.value}/{self.kind}/{self.protocol}" + (f"/{self.region}" if self.region else "")


@dataclass(frozen=True, eq=False)
class Arrivals:
    """`due_s` of each sort of request, rising, and the `keys` that are asked for then.

    `rate_at` is the rate, a second, at `rate_times_s`: the scenario's course with the noise of `bursty` on it.
    With sessions, `user` says who makes each request, and `comings` when they come and leave.
    """

    due_s: Mapping[What, Floats]
    keys: Mapping[What, Keys]
    rate_times_s: Floats
    rate_at: Floats
    user: Mapping[What, Ints] | None = None
    comings: Comings | None = None

    @property
    def count(self) -> int:
        """All requests."""
        return sum(len(due) for due in self.due_s.values())


class _Sort(NamedTuple):
    """What is the same in all requests of a user."""

    tier: Tier
    protocol: ProtocolName
    region: str


def arrivals_of(
    scenario: Scenario,
    topology: Topology,
    *,
    peak_per_s: float,
    seconds: float,
    regions: Mapping[str, float] | None = None,
    breaks: Sequence[Break] = (),
) -> Arrivals:
    """The scenario's course, its peak at `peak_per_s` but for noise, its whole length within `seconds`.

    `regions`: the share of the callers that each is nearest to. `breaks` are for users of sessions.

    Raises:
        BadScenario: it names a region that the topology does not have, or asks what cannot be sent.
    """
    random = np.random.default_rng(scenario.seed)
    times_s, rate = offered_rate(scenario, topology, random, peak_per_s=peak_per_s, seconds=seconds)
    if scenario.sessions is None:
        comings, user, due_s = None, None, _by_chance(times_s, rate, random)
    else:
        comings, user, due_s = users_of(scenario.sessions, times_s, rate, breaks, random)
    found = _sorted_out(scenario, regions or {"": 1.0}, len(due_s), user, random)
    keys = keys_of(scenario.popularity, due_s / seconds * scenario.duration_min, random)
    of = {what: np.array(places, np.int64) for what, places in found.items()}
    return Arrivals(
        {what: due_s[places] for what, places in of.items()},
        {what: keys[places] for what, places in of.items()},
        times_s,
        rate,
        None if user is None else {what: user[places] for what, places in of.items()},
        comings,
    )


def _by_chance(times_s: Floats, rate: Floats, random: np.random.Generator) -> Floats:
    """As many as the area under the course, but for chance; each at a time of its own."""
    expected = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(times_s))])
    count = int(random.poisson(expected[-1]))
    return np.interp(np.sort(random.uniform(0, expected[-1], count)), expected, times_s)


def _sorted_out(
    scenario: Scenario, regions: Mapping[str, float], count: int, user: Ints | None, random: np.random.Generator
) -> dict[What, list[int]]:
    """What each request is: tier, protocol and region are those of its user, the kind is drawn for each."""
    shares = shares_of(scenario)
    sorts = {
        _Sort(tier, protocol, region): of_tier * of_protocol * of_region
        for tier, of_tier in scenario.tiers.items()
        for protocol, of_protocol in scenario.protocols.items()
        for region, of_region in regions.items()
    }
    users = count if user is None else int(user.max(initial=-1)) + 1
    drawn = random.choice(len(sorts), users, p=np.array(list(sorts.values())) / sum(sorts.values()))
    sort = drawn if user is None else drawn[user]
    chance = random.random(count)
    found: dict[What, list[int]] = {}
    for number, each in enumerate(sorts):
        ours = np.flatnonzero(sort == number)
        kinds = {asked.kind: share for asked, share in shares.items() if asked.protocol == each.protocol}
        up_to = np.cumsum(list(kinds.values()))
        place = np.searchsorted(up_to / up_to[-1], chance[ours], side="right")
        for kind_number, kind in enumerate(kinds):
            what = What(each.tier, kind, each.protocol, each.region)
            found[what] = ours[place == kind_number].tolist()
    return found
