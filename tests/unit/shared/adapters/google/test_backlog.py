"""The backlog as Cloud Monitoring shows it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import pytest
from google.api_core import exceptions
from google.cloud import monitoring_v3
from google.cloud.monitoring_v3.types import ListTimeSeriesRequest, Point, TimeSeries, TypedValue

from shared.adapters.google.backlog import CloudMonitoringBacklog
from shared.errors import DependencyUnavailable
from shared.ports.backlog import Backlog
from tests.fakes.clock import FrozenClock


class Monitoring:
    """Answers with the points of a metric, the newest first; `failure` is what it raises instead."""

    def __init__(self, values: Mapping[str, list[int]]) -> None:
        self.values = values
        self.asked: list[ListTimeSeriesRequest] = []
        self.failure: Exception | None = None

    def list_time_series(self, *, request: ListTimeSeriesRequest, **_: Any) -> list[TimeSeries]:
        """One series, or none where nothing was written."""
        self.asked.append(request)
        if self.failure is not None:
            raise self.failure
        values = self.values.get(request.filter.split('"')[1].rsplit("/", 1)[1], [])
        points = [Point(value=TypedValue(int64_value=value)) for value in values]
        return [TimeSeries(points=points)] if points else []


def _backlog(monitoring: Monitoring, clock: FrozenClock) -> CloudMonitoringBacklog:
    client = cast("monitoring_v3.MetricServiceClient", monitoring)
    return CloudMonitoringBacklog("a-project", "index_update.mutations", clock, client)


def test_the_newest_points_count() -> None:
    """Of the one subscription; what has no points counts as nothing."""
    monitoring = Monitoring({"num_undelivered_messages": [70, 900], "oldest_unacked_message_age": [12, 300]})

    measured = _backlog(monitoring, FrozenClock()).measure()

    assert measured == Backlog(70, 0, 12.0)
    assert all('subscription_id = "index_update.mutations"' in each.filter for each in monitoring.asked)
    assert {"projects/a-project"} == {each.name for each in monitoring.asked}


def test_it_is_asked_twice_a_minute_at_most() -> None:
    """However often writes look: points come once a minute, and asking costs."""
    monitoring, clock = Monitoring({"num_undelivered_messages": [1]}), FrozenClock()
    backlog = _backlog(monitoring, clock)

    for _ in range(4):
        backlog.measure()
        clock.advance(timedelta(seconds=10))

    assert len(monitoring.asked) == 2 * 3


@pytest.mark.parametrize("failure", [exceptions.ServiceUnavailable, exceptions.PermissionDenied])
def test_what_cannot_be_told_is_said(failure: type[Exception]) -> None:
    """Also where nobody granted the right to look: writes must not fail for it."""
    monitoring = Monitoring({})
    monitoring.failure = failure("told to fail")

    with pytest.raises(DependencyUnavailable, match="Cloud Monitoring"):
        _backlog(monitoring, FrozenClock()).measure()
