"""Where this process runs, which regions are deployed beside it, and where their objects are."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.settings import Settings
from shared.topology import Topology, load_topology


@dataclass(frozen=True)
class Placement:
    """`topology` has the deployed regions only; `buckets` names the bucket of each."""

    region: str
    topology: Topology
    buckets: Mapping[str, str]


def placement_of(settings: Settings) -> Placement:
    """What the settings say; without any, the home region is alone, with its objects in its bucket.

    Raises:
        ConfigurationError: a region is not in topology.yaml, or the home region is not deployed.
    """
    topology = load_topology()
    region = settings.region or topology.home_region
    buckets = settings.buckets or {region: settings.own_bucket or ""}
    return Placement(region, topology.limited_to(buckets) if settings.buckets else topology, buckets)


def deployed(buckets: Mapping[str, str]) -> Topology:
    """The topology of the regions that are deployed; without any named, of the home region alone."""
    topology = load_topology()
    return topology.limited_to(buckets or {topology.home_region})
