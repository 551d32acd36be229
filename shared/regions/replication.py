"""Who copies a collection from whom: every shape leads to the same result, with other bytes, prices and lags.

mesh          every follower copies from the home region
hierarchical  hubs copy from home, the other regions from their hub
hybrid        a region copies from its hub only where that is cheaper than from home
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.regions.egress import copy_cost_micros
from shared.topology import Topology


class Shape(StrEnum):
    """The three shapes."""

    MESH = "mesh"
    HIERARCHICAL = "hierarchical"
    HYBRID = "hybrid"


@dataclass(frozen=True)
class ReplicationTree:
    """For every follower the region it copies from; the home region has no parent."""

    shape: Shape
    home: str
    parents: Mapping[str, str]

    def sources_of(self, region: str) -> tuple[str, ...]:
        """Where a follower copies from: its parent, and up to the home region where that fails it."""
        return tuple(self._ancestors(region))

    def followers_of(self, region: str) -> tuple[str, ...]:
        """Who copies from a region."""
        return tuple(sorted(name for name, parent in self.parents.items() if parent == region))

    def hops_to(self, region: str) -> int:
        """How many copies lie between home and a region."""
        return len(self.sources_of(region))

    def cost_micros(self, size_bytes: int) -> int:
        """What it costs to bring so many bytes to every follower."""
        return sum(copy_cost_micros(parent, region, size_bytes) for region, parent in self.parents.items())

    def _ancestors(self, region: str) -> Iterator[str]:
        while region != self.home:
            region = self.parents[region]
            yield region


def tree_of(shape: Shape, home: str, followers: Sequence[str], hub_of: Mapping[str, str]) -> ReplicationTree:
    """The tree of one shape. `hub_of` names the hub of each region that has one; a hub must follow too to be used."""
    members = {*followers, home}
    parents = {}
    for region in sorted(members - {home}):
        hub = hub_of.get(region, home)
        through_hub = hub in members and hub != region and shape is not Shape.MESH
        if through_hub and shape is Shape.HYBRID:
            through_hub = copy_cost_micros(hub, region, 2**30) < copy_cost_micros(home, region, 2**30)
        parents[region] = hub if through_hub else home
    return ReplicationTree(shape, home, parents)


def hubs_of(topology: Topology) -> dict[str, str]:
    """The hub of each region that has one."""
    return {name: region.hub for name, region in topology.regions.items() if region.hub is not None}
