"""What a scenario asks, by kind and protocol: the shares that a live run sends, or the reason why it cannot."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.arrival import Drifting, Popularity
from benchmarks.scenarios.catalog import BadScenario
from benchmarks.scenarios.model import Scenario
from benchmarks.scenarios.popularity import weights
from benchmarks.scenarios.protocol import ProtocolName

Kind = Literal["search", "filtered", "write", "delete"]
Floats = NDArray[np.float64]
Keys = NDArray[np.int64]

WRITING: Final[tuple[ProtocolName, ...]] = ("http1", "http2")
"""The protocols that Swell takes writes and deletes over."""
_SLACK: Final = 1e-9


class Asked(NamedTuple):
    """One kind of request over one protocol."""

    kind: Kind
    protocol: ProtocolName


def shares_of(scenario: Scenario) -> Mapping[Asked, float]:
    """The share of every combination: both `mix` and `protocols` hold, and writes go over what takes them.

    Raises:
        BadScenario: there are more writes than requests over protocols that take them.
    """
    mix, protocols = scenario.mix, scenario.protocols
    writes, takes = mix.write + mix.delete, sum(protocols.get(name, 0.0) for name in WRITING)
    if writes > takes + _SLACK:
        raise BadScenario(
            f"protocols: got {takes:.0%} of {' and '.join(WRITING)}, the only ones that take writes and deletes, "
            f"allowed: at least the {writes:.0%} that mix has of these"
        )
    return {asked: share for asked, share in _shares(scenario, writes, takes) if share > _SLACK}


def _shares(scenario: Scenario, writes: float, takes: float) -> Iterator[tuple[Asked, float]]:
    mix = scenario.mix
    reads = mix.search + mix.filtered
    for protocol, share in scenario.protocols.items():
        over = share / takes if protocol in WRITING and takes else 0.0
        left = share - writes * over
        yield Asked("write", protocol), mix.write * over
        yield Asked("delete", protocol), mix.delete * over
        yield Asked("search", protocol), left * mix.search / reads if reads else 0.0
        yield Asked("filtered", protocol), left * mix.filtered / reads if reads else 0.0


def keys_of(popularity: Popularity, minutes: Floats, random: np.random.Generator) -> Keys:
    """A key for a request at each of these minutes; keys are numbered by how popular they are at the start."""
    counts, chances = weights(popularity)
    reached = np.cumsum(counts * chances)
    of_class = np.searchsorted(reached / reached[-1], random.random(len(minutes))).clip(0, len(counts) - 1)
    first = np.concatenate([[0.0], np.cumsum(counts)[:-1]])[of_class]
    rank: Keys = (first + np.floor(random.random(len(minutes)) * counts[of_class])).astype(np.int64)
    if not isinstance(popularity, Drifting):
        return rank
    turn = rank * _GOLDEN % 1.0  # each rank moves on to another key at its own moment
    return rank + popularity.keys * np.floor(minutes / popularity.turnover_min + turn).astype(np.int64)


_GOLDEN: Final = 0.6180339887498949
