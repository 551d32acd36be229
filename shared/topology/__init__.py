"""`topology.yaml` as values: regions, topics, subscriptions, functions, schedules; checked when loaded."""

from shared.topology.loading import load_topology, read_topology
from shared.topology.models import (
    Function,
    Instances,
    Region,
    Route,
    Schedule,
    Subscription,
    Tier,
    Topic,
    Topology,
)

__all__ = [
    "Function",
    "Instances",
    "Region",
    "Route",
    "Schedule",
    "Subscription",
    "Tier",
    "Topic",
    "Topology",
    "load_topology",
    "read_topology",
]
