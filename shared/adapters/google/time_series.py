"""Points of Cloud Monitoring, one a minute: each metric added up by Cloud Monitoring itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from google.cloud import monitoring_v3
from google.cloud.monitoring_v3.types import Aggregation, ListTimeSeriesRequest, TimeInterval

from shared.adapters.google.attempts import ATTEMPT_TIMEOUT_S, RETRY
from shared.adapters.google.run_metrics import Metric

MINUTE: Final = timedelta(minutes=1)
_LOCATION: Final = "resource.labels.location"


@dataclass(frozen=True)
class Point:
    """A value of the minute that begins at `minute`; `label` is the value of the metric's own label, if it has one."""

    region: str
    minute: datetime
    label: str
    value: float


def points_of(
    client: monitoring_v3.MetricServiceClient,
    project: str,
    metric: Metric,
    where: Mapping[str, str],
    span: tuple[datetime, datetime],
) -> list[Point]:
    """Points of Cloud Run revisions whose resource labels are as in `where`, by region and label; whole minutes."""
    fields = [_LOCATION, *([f"metric.labels.{metric.label}"] if metric.label else [])]
    labels = "".join(f' AND resource.labels.{name} = "{value}"' for name, value in where.items())
    request = ListTimeSeriesRequest(
        name=f"projects/{project}",
        filter=f'metric.type = "{metric.type}" AND resource.type = "cloud_run_revision"{labels}',
        interval=TimeInterval(start_time=span[0], end_time=span[1]),
        aggregation=Aggregation(
            alignment_period=MINUTE,
            per_series_aligner=metric.aligner,
            cross_series_reducer=metric.reducer,
            group_by_fields=fields,
        ),
        view=ListTimeSeriesRequest.TimeSeriesView.FULL,
    )
    series = client.list_time_series(request=request, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)
    return [
        Point(
            each.resource.labels["location"],
            _begin_of(point.interval.end_time),
            each.metric.labels[metric.label] if metric.label else "",
            float(point.value.int64_value or point.value.double_value),
        )
        for each in series
        for point in each.points
    ]


def _begin_of(end: Any) -> datetime:
    """The minute of a point, which carries the end of it: the periods end where the request's interval ends."""
    return datetime.fromtimestamp(round(end.timestamp() / 60) * 60, UTC) - MINUTE
