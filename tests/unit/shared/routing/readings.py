"""Readings of regions, as plain as a test can have them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from shared.routing.latency import LatencyTable
from shared.routing.load import RegionLoad
from shared.routing.plan import RoutePlan, plan_routes
from shared.routing.state import Reading
from shared.topology import load_topology

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
TABLE = LatencyTable.of_topology(load_topology())
REGIONS = tuple(TABLE.places)


def load(
    utilisation: float = 0.4,
    *,
    capacity: float = 100.0,
    healthy: int = 10,
    total: int = 10,
    allowed: int = 20,
    p99_ms: float | None = 20.0,
    error_rate: float | None = 0.0,
    runs_all: bool = True,
) -> RegionLoad:
    """A region that is well and half empty, but for what is named."""
    return RegionLoad(healthy, total, allowed, capacity, utilisation * capacity, p99_ms, error_rate, runs_all)


def world(**changed: Reading) -> dict[str, Reading]:
    """All 15 regions well and half empty, but for those named (with underscores for hyphens)."""
    readings = {name: Reading(alive=True, load=load()) for name in REGIONS}
    return readings | {name.replace("_", "-"): reading for name, reading in changed.items()}


def planned(readings: Mapping[str, Reading], *, looks: int, every: timedelta = timedelta(minutes=1)) -> RoutePlan:
    """The plan after as many looks at the same readings."""
    plan = None
    for look in range(looks):
        plan = plan_routes(TABLE, readings, plan, START + look * every)
    assert plan is not None
    return plan


def weights(plan: RoutePlan, region: str) -> dict[str, float]:
    """Target → share of one region's traffic, to three digits."""
    totals: dict[str, float] = {}
    for share in plan.routes[region]:
        totals[share.region] = totals.get(share.region, 0.0) + share.weight
    return {name: round(weight, 3) for name, weight in totals.items()}
