"""In which order regions get something new, so that few callers meet it first."""

from typing import NamedTuple

from shared.topology.models import Topology


class Waves(NamedTuple):
    """All regions but the home, each in one of these; a topology may have none of a kind."""

    first: tuple[str, ...]
    small: tuple[str, ...]
    hubs: tuple[str, ...]


def region_waves(topology: Topology) -> Waves:
    """One small region first, then the other small ones, then the hubs."""
    others = [name for name in topology.regions if name != topology.home_region]
    hubs = tuple(name for name in others if topology.regions[name].tier == "tier_1")
    small = tuple(name for name in others if name not in hubs)
    return Waves(small[:1], small[1:], hubs)
