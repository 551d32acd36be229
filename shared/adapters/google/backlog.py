"""The backlog of a Pub/Sub subscription, as Cloud Monitoring shows it.

Source: cloud.google.com/monitoring/api/metrics_gcp, Pub/Sub: each of these is sampled every 60 seconds and not visible
for some minutes after.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from google.api_core import exceptions
from google.cloud import monitoring_v3
from google.cloud.monitoring_v3.types import ListTimeSeriesRequest, TimeInterval

from shared.adapters.google.attempts import ATTEMPT_TIMEOUT_S, RETRY
from shared.adapters.google.failures import dependency_errors
from shared.errors import DependencyUnavailable
from shared.ports.backlog import Backlog
from shared.ports.clock import Clock

_MESSAGES: Final = "num_undelivered_messages"
_BYTES: Final = "backlog_bytes"
_OLDEST_S: Final = "oldest_unacked_message_age"
_SHOWN_WITHIN: Final = timedelta(minutes=6)
_ASKED_EVERY: Final = timedelta(seconds=30)


class CloudMonitoringBacklog:
    """Asks at most twice a minute, whoever looks more often; a metric without points counts as nothing."""

    def __init__(
        self, project: str, subscription: str, clock: Clock, client: monitoring_v3.MetricServiceClient | None = None
    ) -> None:
        self._name = f"projects/{project}"
        self._subscription = subscription
        self._clock = clock
        self._client = client or monitoring_v3.MetricServiceClient()
        self._lock = Lock()
        self._measured: tuple[datetime, Backlog] | None = None

    def measure(self) -> Backlog:
        """The newest points.

        Raises:
            DependencyUnavailable: Cloud Monitoring does not answer, or not to us.
        """
        with self._lock:
            now = self._clock.now()
            if self._measured is None or now - self._measured[0] >= _ASKED_EVERY:
                with dependency_errors("Cloud Monitoring"), ThreadPoolExecutor(3) as side_by_side:
                    values = side_by_side.map(lambda name: self._newest(name, now), (_MESSAGES, _BYTES, _OLDEST_S))
                    messages, size_bytes, oldest_s = values
                self._measured = now, Backlog(messages, size_bytes, float(oldest_s))
            return self._measured[1]

    def _newest(self, metric: str, now: datetime) -> int:
        request = ListTimeSeriesRequest(
            name=self._name,
            filter=f'metric.type = "pubsub.googleapis.com/subscription/{metric}" '
            f'AND resource.type = "pubsub_subscription" '
            f'AND resource.labels.subscription_id = "{self._subscription}"',
            interval=TimeInterval(start_time=now - _SHOWN_WITHIN, end_time=now),
            view=ListTimeSeriesRequest.TimeSeriesView.FULL,
        )
        try:
            series = list(self._client.list_time_series(request=request, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S))
        except exceptions.PermissionDenied as error:  # writes go on without it
            raise DependencyUnavailable(f"Cloud Monitoring, which needs roles/monitoring.viewer: {error}") from error
        # Points stand newest first; the backlog of one subscription may be told in several series.
        return sum(int(each.points[0].value.int64_value) for each in series if each.points)
