"""What Cloud Monitoring saw of one revision of a service in one region."""

from datetime import datetime

from google.cloud import monitoring_v3

from shared.adapters.google.failures import dependency_errors
from shared.adapters.google.run_metrics import Measured
from shared.adapters.google.time_series import points_of
from shared.ports.clock import Clock
from swell.delivery.gate import Health
from swell.delivery.release import Place


class CloudMonitoringHealth:
    """Requests, errors and latency by revision. Percentiles do not add up: that of the slowest minute counts."""

    def __init__(self, project: str, clock: Clock, client: monitoring_v3.MetricServiceClient | None = None) -> None:
        self._project = project
        self._clock = clock
        self._client = client or monitoring_v3.MetricServiceClient()

    def health(self, place: Place, revision: str, since: datetime) -> Health:
        """As the protocol.

        Raises:
            DependencyUnavailable: Cloud Monitoring does not answer.
        """
        span = since.replace(second=0, microsecond=0), self._clock.now().replace(second=0, microsecond=0)
        if span[0] >= span[1]:
            return Health(0, 0)
        where = {"service_name": place.service, "location": place.region, "revision_name": revision}
        with dependency_errors("Cloud Monitoring"):
            by_class, slow = (
                points_of(self._client, self._project, measured.value, where, span)
                for measured in (Measured.REQUESTS, Measured.LATENCY_P99_MS)
            )
        requests = sum(round(point.value) for point in by_class)
        errors = sum(round(point.value) for point in by_class if point.label == "5xx")
        return Health(requests, errors, max((point.value for point in slow), default=None))
