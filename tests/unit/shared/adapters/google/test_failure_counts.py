"""Breakers and dead letters as Cloud Monitoring counts them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import pytest
from google.api.metric_pb2 import Metric  # type: ignore[import-untyped]
from google.api.monitored_resource_pb2 import MonitoredResource  # type: ignore[import-untyped]
from google.api_core import exceptions
from google.cloud import monitoring_v3
from google.cloud.monitoring_v3.types import ListTimeSeriesRequest, Point, TimeSeries, TypedValue

from shared.adapters.google.failure_counts import CloudMonitoringFailureCounts
from shared.errors import DependencyUnavailable
from shared.ports.failure_counts import Failures
from tests.fakes.clock import FrozenClock


class Monitoring:
    """Answers with sums by label; a metric that is not there is not found, `failure` is raised instead of all."""

    def __init__(self, sums: Mapping[str, Mapping[str, int]], failure: Exception | None = None) -> None:
        self.sums = sums
        self.asked: list[ListTimeSeriesRequest] = []
        self._failure = failure

    def list_time_series(self, *, request: ListTimeSeriesRequest, **_: Any) -> list[TimeSeries]:
        """As asked for."""
        self.asked.append(request)
        if self._failure is not None:
            raise self._failure
        metric = request.filter.split('"')[1].rsplit("/", 1)[1]
        if metric not in self.sums:
            raise exceptions.NotFound(f"Cannot find metric that matches type = {metric!r}")  # type: ignore[no-untyped-call]
        kind, name = request.aggregation.group_by_fields[0].split(".labels.")
        return [
            TimeSeries(
                metric=Metric(labels={name: label} if kind == "metric" else {}),
                resource=MonitoredResource(labels={name: label} if kind == "resource" else {}),
                points=[Point(value=TypedValue(int64_value=count))],
            )
            for label, count in self.sums[metric].items()
        ]


def _counts(monitoring: Monitoring, clock: FrozenClock) -> CloudMonitoringFailureCounts:
    return CloudMonitoringFailureCounts("p", clock, cast("monitoring_v3.MetricServiceClient", monitoring))


def test_a_day_is_added_up() -> None:
    """By dependency; by the subscription that gave up and the function that refused. What is zero is left out."""
    clock = FrozenClock()
    monitoring = Monitoring(
        {
            "swell_breakers_opened": {"firestore": 3, "redis": 0},
            "swell_deliveries": {"index_update": 2},
            "dead_letter_message_count": {"index_update.mutations": 5},
        }
    )
    begin = clock.now() - timedelta(days=2)

    found = _counts(monitoring, clock).between(begin, begin + timedelta(days=1))

    assert found == Failures({"firestore": 3}, {"index_update": 2, "index_update.mutations": 5})
    assert {each.aggregation.alignment_period for each in monitoring.asked} == {timedelta(days=1)}
    assert all(each.interval.end_time - each.interval.start_time == timedelta(days=1) for each in monitoring.asked)


def test_a_day_that_is_not_over_is_counted_until_now() -> None:
    """To the whole minute; nothing is asked of the future."""
    clock = FrozenClock()
    monitoring = Monitoring({"swell_breakers_opened": {}, "swell_deliveries": {}, "dead_letter_message_count": {}})
    counts, now = _counts(monitoring, clock), clock.now()

    assert counts.between(now - timedelta(minutes=90, seconds=20), now + timedelta(hours=9)) == Failures({}, {})
    assert {each.aggregation.alignment_period for each in monitoring.asked} == {timedelta(minutes=90)}
    monitoring.asked.clear()
    assert counts.between(now, now + timedelta(hours=9)) == Failures({}, {})
    assert monitoring.asked == []


def test_a_metric_that_nobody_made_is_not_counted() -> None:
    """As where the observability module is not applied; Pub/Sub's own is there all the same."""
    clock = FrozenClock()
    begin = clock.now() - timedelta(days=2)
    partly = _counts(Monitoring({"dead_letter_message_count": {"s": 1}}), clock)

    assert partly.between(begin, begin + timedelta(days=1)) == Failures(None, {"s": 1})
    assert _counts(Monitoring({}), clock).between(begin, begin + timedelta(days=1)) == Failures(None, None)


def test_monitoring_that_does_not_answer_is_said() -> None:
    """The section is missing, and made up for later."""
    clock = FrozenClock()
    failure = exceptions.ServiceUnavailable("told to fail")  # type: ignore[no-untyped-call]
    counts = _counts(Monitoring({}, failure), clock)
    with pytest.raises(DependencyUnavailable, match="Cloud Monitoring"):
        counts.between(clock.now() - timedelta(days=1), clock.now())
