"""What 25 billion streams need: instances, quota, money. Multiplication, from the price table and the topology."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.domain.prices import LIST_PRICES, InstanceShape, Usage, cost_of
from shared.topology import Topology

HOUR_MS: Final = 3_600_000
AT: Final = 0.6
"""Instances run at 60 % of what they can do: Cloud Run's target, and that of reactive scaling."""
CONNECTIONS_MOST: Final = 1000
"""Cloud Run lets one instance have at most so many requests, and so connections, at once."""
SEED_INSTANCES: Final = 50_000
SEED_CONCURRENCY: Final = 100

RATES: Final = {
    "1 query in 10,000 s (its load test)": 1e-4,
    "1 query in 100 s (its scaling page)": 1e-2,
    "1 query in 10 s (its benchmark code)": 1e-1,
    "1 query a second (its scenario's interval)": 1.0,
}
"""The four rates that RuVector's documents imply for the same streams."""


@dataclass(frozen=True)
class Need:
    """What so many streams need at one rate, and what they need if each also holds a connection."""

    streams: float
    rate: str
    queries_per_s: float
    instances: int
    vcpus: int
    dollars_per_hour: float


@dataclass(frozen=True)
class Arithmetic:
    """All of it. `quota_instances` and `quota_rps`: what topology.yaml and the project's own limit allow."""

    needs: tuple[Need, ...]
    connection_instances: int
    connection_dollars_per_hour: float
    quota_instances: int
    quota_rps: float
    seed_streams: float
    instance_dollars_per_hour: float


def reckon(streams: float, topology: Topology, *, instance_rps: float, bytes_per_query: int, total: int) -> Arithmetic:
    """What so many streams need. Instances cost the mean of both price tiers' regions that a crowd is in."""
    query = topology.functions["query"]
    shape = InstanceShape(round(query.cpu * 1000), query.memory_mb)
    hourly = _instance_hour(topology, shape)
    connected = -(-int(streams) // CONNECTIONS_MOST)
    return Arithmetic(
        needs=tuple(_needs(streams, query.cpu, hourly, instance_rps=instance_rps, bytes_per_query=bytes_per_query)),
        connection_instances=connected,
        connection_dollars_per_hour=connected * hourly,
        quota_instances=total,
        quota_rps=total * instance_rps,
        seed_streams=float(SEED_INSTANCES * SEED_CONCURRENCY),
        instance_dollars_per_hour=hourly,
    )


def _needs(streams: float, cpu: float, hourly: float, *, instance_rps: float, bytes_per_query: int) -> Iterator[Need]:
    for rate, per_s in RATES.items():
        queries = streams * per_s
        instances = -(-int(queries) // int(instance_rps * AT))
        asked = cost_of(
            Usage("us-central1", 0, 0, round(queries * 3600), round(queries * 3600) * bytes_per_query),
            InstanceShape(1000, 1024),
            LIST_PRICES,
        )
        yield Need(streams, rate, queries, instances, round(instances * cpu), instances * hourly + asked / 1e6)


def _instance_hour(topology: Topology, shape: InstanceShape) -> float:
    """Dollars of one instance that answers for an hour: the mean over the regions."""
    costs = [cost_of(Usage(region, HOUR_MS, 0, 0, 0), shape, LIST_PRICES) for region in topology.regions]
    return sum(costs) / len(costs) / 1e6
