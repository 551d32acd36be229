"""Load by the minute from Cloud Monitoring: what Cloud Run measures of the query service, by region.

Each metric is asked for once, added up by Cloud Monitoring to one point a minute and region, and joined here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final

from google.api_core.exceptions import NotFound
from google.cloud import monitoring_v3

from shared.adapters.google.failures import dependency_errors
from shared.adapters.google.run_metrics import SHOWN_AFTER, Measured, load_minute
from shared.adapters.google.time_series import MINUTE, points_of
from shared.domain.load import LoadMinute
from shared.ports.clock import Clock

LOAD_LATE: Final = SHOWN_AFTER + MINUTE
"""A minute is shown so long after it ended, at the latest, to whoever looks once a minute."""
COUNTED_FOR: Final = timedelta(seconds=30)


class CloudMonitoringLoad:
    """The load of one service in the regions of a project."""

    def __init__(
        self,
        project: str,
        service: str,
        regions: Sequence[str],
        clock: Clock,
        client: monitoring_v3.MetricServiceClient | None = None,
    ) -> None:
        self._project = project
        self._service = service
        self._regions = regions
        self._clock = clock
        self._client = client or monitoring_v3.MetricServiceClient()
        self._counted: tuple[datetime, Mapping[str, int]] | None = None
        self._requests = ThreadPoolExecutor(len(Measured), thread_name_prefix="monitoring")

    def minutes(self, since: datetime, until: datetime) -> Sequence[LoadMinute]:
        """Whole minutes that begin in [since, until), of all regions, in any order.

        A minute that ended four minutes ago or earlier and has no points is one without requests.
        A later one is left out until both its requests and its instances are shown.
        """
        now = self._clock.now()
        begin, end = _next_minute(since), min(_next_minute(until), now.replace(second=0, microsecond=0))
        if begin >= end:
            return []
        points: dict[tuple[str, datetime], dict[tuple[Measured, str], float]] = defaultdict(dict)
        with dependency_errors("Cloud Monitoring"):
            for answer in self._requests.map(lambda measured: self._points(measured, begin, end), Measured):
                for region, minute, measured, label, value in answer:
                    points[region, minute][measured, label] = value
        moments = [begin + number * MINUTE for number in range((end - begin) // MINUTE)]
        found = (
            load_minute(region, minute, points[region, minute], now) for region in self._regions for minute in moments
        )
        return [minute for minute in found if minute is not None]

    def instances(self) -> Mapping[str, int]:
        """The instances that each region was last seen with, some minutes ago; asked for at most twice a minute.

        Raises:
            DependencyUnavailable: Cloud Monitoring does not answer.
        """
        now = self._clock.now()
        if self._counted is None or now - self._counted[0] >= COUNTED_FOR:
            end = now.replace(second=0, microsecond=0)
            with dependency_errors("Cloud Monitoring"):
                points = self._points(Measured.INSTANCES, end - LOAD_LATE, end)
            newest = {region: value for region, _, _, _, value in sorted(points, key=lambda point: point[1])}
            self._counted = now, {region: round(value) for region, value in newest.items()}
        return self._counted[1]

    def close(self) -> None:
        """Close the connection. Nothing may be under way."""
        self._requests.shutdown()
        self._client.transport.close()  # type: ignore[no-untyped-call]

    def _points(
        self, measured: Measured, begin: datetime, end: datetime
    ) -> list[tuple[str, datetime, Measured, str, float]]:
        where = {"service_name": self._service}
        try:
            found = points_of(self._client, self._project, measured.value, where, (begin, end))
        except NotFound:
            if not measured.value.may_be_missing:
                raise
            return []
        return [(point.region, point.minute, measured, point.label, point.value) for point in found]


def _next_minute(moment: datetime) -> datetime:
    """The first whole minute that is not before a moment."""
    whole = moment.astimezone(UTC).replace(second=0, microsecond=0)
    return whole if whole == moment else whole + MINUTE
