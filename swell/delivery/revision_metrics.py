"""What Cloud Monitoring saw of one revision of a service in one region."""

from datetime import datetime, timedelta
from typing import Final

from google.cloud import monitoring_v3
from google.cloud.monitoring_v3.types import Aggregation, ListTimeSeriesRequest, TimeInterval

from shared.adapters.google.attempts import ATTEMPT_TIMEOUT_S, RETRY
from shared.adapters.google.failures import dependency_errors
from shared.ports.clock import Clock
from swell.delivery.gate import Health
from swell.delivery.release import Place

_MINUTE: Final = timedelta(minutes=1)
_REQUESTS: Final = "run.googleapis.com/request_count"
_LATENCY: Final = "run.googleapis.com/request_latencies"
_SUM, _P99_OF = Aggregation.Reducer.REDUCE_SUM, Aggregation.Reducer.REDUCE_PERCENTILE_99
_CLASS: Final = "response_code_class"


class CloudMonitoringHealth:
    """Requests, errors and latency by revision. Percentiles do not add up: that of the slowest minute counts."""

    def __init__(self, project: str, clock: Clock, client: monitoring_v3.MetricServiceClient | None = None) -> None:
        self._name = f"projects/{project}"
        self._clock = clock
        self._client = client or monitoring_v3.MetricServiceClient()

    def health(self, place: Place, revision: str, since: datetime) -> Health:
        """As the protocol.

        Raises:
            DependencyUnavailable: Cloud Monitoring does not answer.
        """
        begin = since.replace(second=0, microsecond=0)
        end = self._clock.now().replace(second=0, microsecond=0)
        if begin >= end:
            return Health(0, 0)
        with dependency_errors("Cloud Monitoring"):
            by_class = self._points((place, revision), _REQUESTS, (begin, end), (_SUM, _CLASS))
            slow = self._points((place, revision), _LATENCY, (begin, end), (_P99_OF, ""))
        requests = sum(round(value) for _, value in by_class)
        errors = sum(round(value) for name, value in by_class if name == "5xx")
        return Health(requests, errors, max((value for _, value in slow), default=None))

    def _points(
        self,
        whose: tuple[Place, str],
        metric: str,
        span: tuple[datetime, datetime],
        how: tuple[int, str],
    ) -> list[tuple[str, float]]:
        place, revision = whose
        reducer, label = how
        fields = ["resource.labels.location", *([f"metric.labels.{label}"] if label else [])]
        request = ListTimeSeriesRequest(
            name=self._name,
            filter=f'metric.type = "{metric}" AND resource.type = "cloud_run_revision" '
            f'AND resource.labels.service_name = "{place.service}" '
            f'AND resource.labels.location = "{place.region}" '
            f'AND resource.labels.revision_name = "{revision}"',
            interval=TimeInterval(start_time=span[0], end_time=span[1]),
            aggregation=Aggregation(
                alignment_period=_MINUTE,
                per_series_aligner=Aggregation.Aligner.ALIGN_DELTA,
                cross_series_reducer=reducer,
                group_by_fields=fields,
            ),
            view=ListTimeSeriesRequest.TimeSeriesView.FULL,
        )
        series = self._client.list_time_series(request=request, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)
        return [
            (
                each.metric.labels[label] if label else "",
                float(point.value.int64_value or point.value.double_value),
            )
            for each in series
            for point in each.points
        ]
