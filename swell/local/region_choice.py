"""Which regions a machine shows, and what their buckets are called."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import ConfigurationError
from shared.settings import HOME_FOLDER
from shared.topology import Topology


@dataclass(frozen=True)
class RegionOptions:
    """How many regions, and how time passes in them.

    `speed`: how many seconds of the routing policy, which counts in minutes, pass in one.
    `revive_after_s`: start a region again so long after it died, as Cloud Run starts an instance; None: never.
    """

    count: int
    speed: float = 1.0
    revive_after_s: float | None = None


def first_regions(topology: Topology, count: int) -> list[str]:
    """The home region, then hubs, then the regions around them, in the order of topology.yaml.

    Raises:
        ConfigurationError: there are not so many.
    """
    if not 2 <= count <= len(topology.regions):
        raise ConfigurationError(f"--regions: got {count}, allowed: 2 to {len(topology.regions)}")
    home = topology.home_region
    others = [name for name in topology.regions if name != home]
    hubs_first = sorted(others, key=lambda name: topology.regions[name].hub is not None)
    return [home, *hubs_first][:count]


def folders(topology: Topology, regions: list[str]) -> Mapping[str, str]:
    """The folder of each region's objects; home keeps the one that it has when it is alone."""
    return {name: HOME_FOLDER if name == topology.home_region else f"{HOME_FOLDER}-{name}" for name in regions}
