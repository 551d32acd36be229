"""What one look at a running Swell tells: counters that only grow, and how it is now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

_CLOCKS_DIFFER_S: Final = 120.0
_REQUESTS: Final = "swell_http_requests_total"
_BUCKETS: Final = "swell_http_request_duration_seconds_bucket"
_REFUSED: Final = "swell_requests_refused_total"
_CACHE: Final = "swell_answer_cache_total"
_OPENED: Final = "swell_segments_opened_total"


@dataclass(frozen=True)
class Reading:
    """Counters since the server began, and what its own pages say. What it does not tell is None or empty."""

    at_s: float
    answered: float
    failed: float
    refused: float
    buckets: Mapping[float, float] = field(default_factory=dict)
    """Answers that took at most so many seconds, by the bound."""
    cache: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Lookups by level and result."""
    regions: Mapping[str, Any] = field(default_factory=dict)
    """The answer of `/map`."""
    budget: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    forecasts: tuple[Mapping[str, Any], ...] = ()
    """The newest of each region, as `/v1/forecasts/{region}` has it."""
    disagreements: tuple[str, ...] = ()
    """Announced crowds that are far from what was learned, as sentences."""
    timeline: tuple[Mapping[str, Any], ...] = ()
    own_clock: bool = False
    """Whether crowds go by another time than `at_s` (`SWELL_CLOCK_SPEED`): a plan is not of its seconds."""
    refused_paths: tuple[str, ...] = ()
    """What the server does not tell without another key."""
    known: bool = True
    """False of a second in which the server did not answer."""


def unknown(at_s: float) -> Reading:
    """A second of which nothing is known."""
    return Reading(at_s=at_s, answered=0.0, failed=0.0, refused=0.0, known=False)


def read_metrics(text: str) -> dict[str, Any]:
    """The counters of a `Reading` out of Prometheus' text. Only the routes of `query` count as traffic."""
    from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415 - `swell --help` stays quick

    answered = failed = refused = 0.0
    buckets: dict[float, float] = {}
    cache: dict[tuple[str, str], float] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            if one.name == _REQUESTS and _is_traffic(one.labels):
                answered += one.value
                failed += one.value if _is_failure(one.labels["status"]) else 0.0
            elif one.name == _BUCKETS and _is_traffic(one.labels):
                bound = float(one.labels["le"])
                buckets[bound] = buckets.get(bound, 0.0) + one.value
            elif one.name == _REFUSED:
                refused += one.value
            elif one.name in {_CACHE, _OPENED}:
                key = (one.labels.get("level", "L5"), one.labels["result"])
                cache[key] = cache.get(key, 0.0) + one.value
    return {"answered": answered, "failed": failed, "refused": refused, "buckets": buckets, "cache": cache}


def _is_failure(status: str) -> bool:
    """What the server did not answer: refused for the rate of a key, too, but not what was asked wrongly."""
    return status.startswith("5") or status == "429"


def _is_traffic(labels: Mapping[str, str]) -> bool:
    """Not what the dashboard itself asks: /metrics, and /map, which a server of one region does not have."""
    if labels.get("route") == "none" and labels.get("status", "404") == "404":
        return False
    return labels.get("function") == "query" and labels.get("route") != "/metrics"


def goes_by_its_own_clock(timeline: Sequence[Mapping[str, Any]], budget: Mapping[str, Any], now_s: float) -> bool:
    """Whether something is known of a time that is yet to come."""
    told = [one["at"] for one in timeline]
    if budget.get("spent"):
        told.append(budget["spent"]["booked_until"])
    return max((datetime.fromisoformat(one).timestamp() for one in told), default=now_s) > now_s + _CLOCKS_DIFFER_S


def quantile_ms(before: Mapping[float, float], after: Mapping[float, float], share: float) -> float | None:
    """A quantile of the answers between two readings, even inside a bucket; None where there were none."""
    bounds = sorted(after)
    counts = [after[bound] - before.get(bound, 0.0) for bound in bounds]
    if not counts or counts[-1] <= 0:
        return None
    wanted, low_s, below = share * counts[-1], 0.0, 0.0
    for bound, count in zip(bounds, counts, strict=True):
        if count >= wanted:
            high_s = low_s if bound == float("inf") else bound
            part = (wanted - below) / (count - below) if count > below else 0.0
            return (low_s + (high_s - low_s) * part) * 1000
        low_s, below = bound, count
    return low_s * 1000
