"""Load by the minute from what instances report of themselves: one document an instance, added up by region."""

import bisect
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from shared.domain.load import LoadMinute
from shared.domain.tier import Tier
from shared.ports.state import Put, StateStore

LATENCY_BOUNDS_MS: Final = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10_000)
"""Upper ends of the classes that latencies are counted in; one more class is open."""
KEPT: Final = timedelta(hours=2)
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class InstanceMinute:
    """One minute of one instance, for `up_ms` of which it was there.

    `busy_ms` is the sum over its requests of the time each took, `active_ms` the time in which there was at least one,
    `cpu_ms` that of all its `cpus` together. `latencies` counts requests by `LATENCY_BOUNDS_MS`.
    """

    minute: datetime
    requests: int
    errors: int
    dependency_errors: int
    egress_bytes: int
    up_ms: int
    busy_ms: int
    active_ms: int
    cpu_ms: int
    cpus: float
    memory_share: float
    latencies: tuple[int, ...]
    by_tier: Mapping[Tier, int] = field(default_factory=dict)


class StoredLoadMetrics:
    """What was reported, as the port has it."""

    def __init__(self, state: StateStore, regions: Sequence[str]) -> None:
        self._state = state
        self._regions = regions

    def report(self, region: str, instance: str, minutes: Sequence[InstanceMinute], now: datetime) -> None:
        """Keep what an instance counted: all its minutes that somebody may still ask for, replacing what it said."""
        data = {"reported_at": now.isoformat(), "minutes": [_data(minute) for minute in minutes]}
        self._state.commit([Put(f"{_reports(region)}/{instance}", data, expires_at=now + KEPT)])

    def minutes(self, since: datetime, until: datetime) -> list[LoadMinute]:
        """Whole minutes that begin in [since, until), of all regions, in any order."""
        return [minute for region in self._regions for minute in self._of_region(region, since, until)]

    def _of_region(self, region: str, since: datetime, until: datetime) -> Iterable[LoadMinute]:
        found: dict[datetime, list[tuple[InstanceMinute, datetime]]] = defaultdict(list)
        for document in self._state.list(_reports(region)):
            reported_at = datetime.fromisoformat(document.data["reported_at"])
            for data in document.data["minutes"]:
                minute = _minute(data)
                if since <= minute.minute < until and minute.minute + timedelta(minutes=1) <= reported_at:
                    found[minute.minute].append((minute, reported_at))
        for moment, parts in found.items():
            yield _together(region, moment, [part for part, _ in parts], max(at for _, at in parts))


def latency_class(milliseconds: float) -> int:
    """The position in `latencies` that a request of this latency is counted at."""
    return bisect.bisect_left(LATENCY_BOUNDS_MS, milliseconds)


def _together(region: str, moment: datetime, parts: Sequence[InstanceMinute], measured_at: datetime) -> LoadMinute:
    up_ms = max(1, sum(part.up_ms for part in parts))
    requests = sum(part.requests for part in parts)
    return LoadMinute(
        region=region,
        minute=moment,
        requests=requests,
        measured_at=measured_at,
        instances=max(1, round(up_ms / _MINUTE_MS)),
        cpu=sum(part.cpu_ms for part in parts) / max(1.0, sum(part.up_ms * part.cpus for part in parts)),
        concurrency=sum(part.busy_ms for part in parts) / up_ms,
        memory=max(part.memory_share for part in parts),
        p99_ms=_quantile([sum(column) for column in zip(*(part.latencies for part in parts), strict=True)], 0.99),
        errors=sum(part.errors for part in parts),
        dependency_errors=sum(part.dependency_errors for part in parts),
        egress_bytes=sum(part.egress_bytes for part in parts),
        active_ms=sum(part.active_ms for part in parts),
        idle_ms=sum(part.up_ms - part.active_ms for part in parts),
        by_tier={tier: sum(part.by_tier.get(tier, 0) for part in parts) for tier in Tier},
    )


def _quantile(counts: Sequence[int], quantile: float) -> float | None:
    """The upper end of the class that the quantile lies in; None where nothing was counted."""
    rank = quantile * sum(counts)
    if not rank:
        return None
    passed = 0
    for count, bound in zip(counts, LATENCY_BOUNDS_MS, strict=False):
        passed += count
        if passed >= rank:
            return float(bound)
    return float(LATENCY_BOUNDS_MS[-1])


def _reports(region: str) -> str:
    return f"load/{region}/instances"


def _data(minute: InstanceMinute) -> dict[str, Any]:
    return {
        **vars(minute),
        "minute": minute.minute.isoformat(),
        "latencies": list(minute.latencies),
        "by_tier": dict(minute.by_tier),
    }


def _minute(data: Mapping[str, Any]) -> InstanceMinute:
    by_tier = {Tier(name): count for name, count in data.get("by_tier", {}).items()}  # not in older reports
    return InstanceMinute(
        **{
            **data,
            "minute": datetime.fromisoformat(data["minute"]),
            "latencies": tuple(data["latencies"]),
            "by_tier": by_tier,
        }
    )
