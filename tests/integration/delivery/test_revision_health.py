"""What Cloud Monitoring saw of one revision, over gRPC to a server that checks what it is asked."""

from datetime import UTC, datetime, timedelta

from swell.delivery.gate import Health
from swell.delivery.release import Place
from swell.delivery.revision_metrics import CloudMonitoringHealth
from tests.fakes.clock import FrozenClock
from tests.fakes.google.monitoring_api import MonitoringApi, Written, monitoring_client

BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLACE = Place("query", "query", "europe-west2")


def _written(
    metric: str, value: float, *, revision: str = "new", region: str = PLACE.region, minute: int = 0
) -> Written:
    kind = {"response_code_class": "5xx" if value < 10 else "2xx"} if metric == "request_count" else {}
    at = BEGAN + timedelta(minutes=minute)
    return Written(f"run.googleapis.com/{metric}", region, at, value, kind, "query", revision)


def test_only_the_revision_in_its_region_counts_and_the_slowest_minute() -> None:
    """Others of the service do not; before the first whole minute there is nothing."""
    api, clock = MonitoringApi(), FrozenClock(BEGAN + timedelta(minutes=3))
    api.written += [
        _written("request_count", 100),
        _written("request_count", 3, minute=1),
        _written("request_count", 5000, revision="old"),
        _written("request_count", 700, region="us-west1"),
        _written("request_latencies", 20.0),
        _written("request_latencies", 45.0, minute=1),
        _written("request_latencies", 900.0, revision="old"),
    ]

    with monitoring_client(api) as client:
        health = CloudMonitoringHealth("p", clock, client)
        seen = health.health(PLACE, "new", BEGAN)
        at_once = health.health(PLACE, "new", clock.now())

    assert (Health(103, 3, 45.0), Health(0, 0)) == (seen, at_once)
