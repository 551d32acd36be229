"""Breakers and dead letters as Cloud Monitoring counts them.

Sources: log metrics of this deployment (terraform/alerts.yaml); Pub/Sub's own count of what it forwarded to dead-letter
topics (cloud.google.com/monitoring/api/metrics_gcp, subscription/dead_letter_message_count).
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from google.api_core import exceptions
from google.cloud import monitoring_v3
from google.cloud.monitoring_v3.types import Aggregation, ListTimeSeriesRequest, TimeInterval

from shared.adapters.google.attempts import ATTEMPT_TIMEOUT_S, RETRY
from shared.adapters.google.failures import dependency_errors
from shared.ports.clock import Clock
from shared.ports.failure_counts import Failures

_OURS: Final = "logging.googleapis.com/user/swell_"
_BREAKERS: Final = f'metric.type = "{_OURS}breakers_opened"'
_REFUSED: Final = f'metric.type = "{_OURS}deliveries" AND metric.labels.outcome = "parked"'
_GIVEN_UP: Final = (
    'metric.type = "pubsub.googleapis.com/subscription/dead_letter_message_count" '
    'AND resource.type = "pubsub_subscription"'
)
_MINUTE: Final = timedelta(minutes=1)


class CloudMonitoringFailureCounts:
    """One request for each of three metrics, added up by Cloud Monitoring over the whole span."""

    def __init__(self, project: str, clock: Clock, client: monitoring_v3.MetricServiceClient | None = None) -> None:
        self._project = project
        self._clock = clock
        self._client = client or monitoring_v3.MetricServiceClient()

    def between(self, begin: datetime, end: datetime) -> Failures:
        """As the port."""
        end = min(end, self._clock.now())
        span = (end - begin) // _MINUTE * _MINUTE
        if span < _MINUTE:
            return Failures({}, {})
        breakers = self._sums(_BREAKERS, "metric.labels.dependency", begin, span)
        refused = self._sums(_REFUSED, "metric.labels.function", begin, span)
        given_up = self._sums(_GIVEN_UP, "resource.labels.subscription_id", begin, span)
        if refused is None and given_up is None:
            return Failures(breakers, None)
        return Failures(breakers, dict((refused or Counter()) + (given_up or Counter())))

    def _sums(self, where: str, label: str, begin: datetime, span: timedelta) -> Counter[str] | None:
        """The sum of a metric by a label; None where there is no such metric."""
        request = ListTimeSeriesRequest(
            name=f"projects/{self._project}",
            filter=where,
            interval=TimeInterval(start_time=begin, end_time=begin + span),
            aggregation=Aggregation(
                alignment_period=span,
                per_series_aligner=Aggregation.Aligner.ALIGN_DELTA,
                cross_series_reducer=Aggregation.Reducer.REDUCE_SUM,
                group_by_fields=[label],
            ),
            view=ListTimeSeriesRequest.TimeSeriesView.FULL,
        )
        kind, _, name = label.partition(".labels.")
        counted: Counter[str] = Counter()
        with dependency_errors("Cloud Monitoring"):
            try:
                for each in self._client.list_time_series(request=request, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S):
                    labels = each.metric.labels if kind == "metric" else each.resource.labels
                    for point in each.points:
                        counted[labels[name]] += round(point.value.int64_value or point.value.double_value)
            except exceptions.NotFound:
                return None
        return +counted
