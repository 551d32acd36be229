"""What Cloud Run reports to Cloud Monitoring of a service, and what it says about one minute of one region.

Source: cloud.google.com/monitoring/api/metrics_gcp, Cloud Run: every metric here is sampled each 60 seconds, and not
visible for up to 180 seconds after. Cloud Run does not know tiers: they are counted from our log lines (alerts.yaml).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from google.cloud.monitoring_v3.types import Aggregation

from shared.domain.load import LoadMinute
from shared.domain.tier import Tier

SHOWN_AFTER: Final = timedelta(minutes=4)
"""A minute that ended so long ago is shown, if anything was written: a minute without requests has no point."""
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class Metric:
    """One request to Cloud Monitoring: the metric, and how its series become one point a minute, region and label."""

    type: str
    aligner: int
    reducer: int
    label: str = ""
    may_be_missing: bool = False
    """Whether a project may have no such metric: one of our own that nobody has deployed yet."""


_DELTA, _MEAN = Aggregation.Aligner.ALIGN_DELTA, Aggregation.Aligner.ALIGN_MEAN
_SUM, _MEAN_OF, _P99_OF = (
    Aggregation.Reducer.REDUCE_SUM,
    Aggregation.Reducer.REDUCE_MEAN,
    Aggregation.Reducer.REDUCE_PERCENTILE_99,
)


class Measured(Enum):
    """What is asked for."""

    REQUESTS = Metric("run.googleapis.com/request_count", _DELTA, _SUM, "response_code_class")
    LATENCY_P99_MS = Metric("run.googleapis.com/request_latencies", _DELTA, _P99_OF)
    LATENCY_MEAN_MS = Metric("run.googleapis.com/request_latencies", _DELTA, _MEAN_OF)
    INSTANCES = Metric("run.googleapis.com/container/instance_count", _MEAN, _SUM)
    CPU = Metric("run.googleapis.com/container/cpu/utilizations", _DELTA, _MEAN_OF)
    MEMORY = Metric("run.googleapis.com/container/memory/utilizations", _DELTA, _P99_OF)
    MOST_IN_FLIGHT = Metric("run.googleapis.com/container/max_request_concurrencies", _DELTA, _MEAN_OF)
    BILLABLE_S = Metric("run.googleapis.com/container/billable_instance_time", _DELTA, _SUM)
    SENT_BYTES = Metric("run.googleapis.com/container/network/sent_bytes_count", _DELTA, _SUM)
    BY_TIER = Metric("logging.googleapis.com/user/swell_requests_by_tier", _DELTA, _SUM, "tier", may_be_missing=True)


Points = Mapping[tuple[Measured, str], float]
"""The points of one minute and region, by what was asked for and the value of its label."""


def load_minute(region: str, minute: datetime, points: Points, now: datetime) -> LoadMinute | None:
    """What the points say; None while those of a minute may still be on their way.

    The mean in flight follows from the time that requests took, and is bounded by the most in flight of an instance:
    with that alone, one short burst in a minute would look like a minute of it.
    `dependency_errors` are not told apart by Cloud Run, so they are known only where nothing failed.
    An instance that is kept is counted every minute: silence that counts none may be a gap in what was written, so CPU
    and memory are not known, which keeps instances from being stopped for it.
    """
    counts = {label: value for (measured, label), value in points.items() if measured is Measured.REQUESTS}
    running = points.get((Measured.INSTANCES, ""))
    if now - (minute + timedelta(minutes=1)) < SHOWN_AFTER and (not counts or running is None):
        return None
    requests, errors = round(sum(counts.values())), round(counts.get("5xx", 0.0))
    instances = float(requests > 0) if running is None else running
    up_ms = instances * _MINUTE_MS
    unused = 0.0 if running == 0 else None
    return LoadMinute(
        region=region,
        minute=minute,
        requests=requests,
        measured_at=now,
        instances=max(round(instances), int(requests > 0)),
        cpu=points.get((Measured.CPU, ""), unused),
        concurrency=_in_flight(points, requests, up_ms),
        memory=points.get((Measured.MEMORY, ""), unused),
        p99_ms=points.get((Measured.LATENCY_P99_MS, "")),
        errors=errors,
        dependency_errors=None if errors else 0,
        egress_bytes=round(points.get((Measured.SENT_BYTES, ""), 0.0)),
        by_tier=_by_tier(points),
        **_spent(points, up_ms),
    )


def _by_tier(points: Points) -> Mapping[Tier, int] | None:
    """Counted from our own log lines; not known where none was."""
    counts = {tier: round(points.get((Measured.BY_TIER, tier.value), 0.0)) for tier in Tier}
    return counts if any(counts.values()) else None


def _in_flight(points: Points, requests: int, up_ms: float) -> float | None:
    if not requests:
        return 0.0
    mean_ms, most = points.get((Measured.LATENCY_MEAN_MS, "")), points.get((Measured.MOST_IN_FLIGHT, ""))
    if mean_ms is None or not up_ms:
        return most
    by_time = requests * mean_ms / up_ms
    return by_time if most is None else min(by_time, most)


def _spent(points: Points, up_ms: float) -> dict[str, int | None]:
    """Time with and without a request: billable is that with one, where CPU is billed by request."""
    billable = points.get((Measured.BILLABLE_S, ""), None if up_ms else 0.0)
    if billable is None:
        return {"active_ms": None, "idle_ms": None}
    active = billable * 1000
    return {"active_ms": round(active), "idle_ms": round(max(0.0, up_ms - active))}
