"""ListTimeSeries of Cloud Monitoring over gRPC on loopback: adds series up as it is asked to, one point a minute."""

import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import grpc
from google.cloud import monitoring_v3
from google.cloud.monitoring_v3.services.metric_service.transports import MetricServiceGrpcTransport
from google.cloud.monitoring_v3.types import Aggregation, ListTimeSeriesRequest, ListTimeSeriesResponse

_ALIGN, _REDUCE = Aggregation.Aligner, Aggregation.Reducer
_ALIGNERS: Final = {"DELTA": _ALIGN.ALIGN_DELTA, "GAUGE": _ALIGN.ALIGN_MEAN}
_REDUCERS: Final[Mapping[int, Callable[[Sequence[float]], float]]] = {
    _REDUCE.REDUCE_SUM: sum,
    _REDUCE.REDUCE_MEAN: statistics.fmean,
    _REDUCE.REDUCE_PERCENTILE_99: max,
}
"""Of the few samples of a test, the 99th percentile is the largest."""
_RUN: Final = "run.googleapis.com/"
BY_TIER: Final = "logging.googleapis.com/user/swell_requests_by_tier"
"""Of our own; not found as long as nobody has made it."""
KINDS: Final = {
    f"{_RUN}request_count": ("DELTA", "INT64"),
    f"{_RUN}request_latencies": ("DELTA", "DISTRIBUTION"),
    f"{_RUN}container/instance_count": ("GAUGE", "INT64"),
    f"{_RUN}container/cpu/utilizations": ("DELTA", "DISTRIBUTION"),
    f"{_RUN}container/memory/utilizations": ("DELTA", "DISTRIBUTION"),
    f"{_RUN}container/max_request_concurrencies": ("DELTA", "DISTRIBUTION"),
    f"{_RUN}container/billable_instance_time": ("DELTA", "DOUBLE"),
    f"{_RUN}container/network/sent_bytes_count": ("DELTA", "INT64"),
    BY_TIER: ("DELTA", "INT64"),
}
"""Kind and type of each metric (cloud.google.com/monitoring/api/metrics_gcp). A value of a distribution is a sample."""
_FILTER: Final = re.compile(
    r'metric\.type = "([^"]+)" AND resource\.type = "cloud_run_revision" '
    r'AND resource\.labels\.service_name = "([^"]+)"'
    r'(?: AND resource\.labels\.location = "([^"]+)" AND resource\.labels\.revision_name = "([^"]+)")?'
)


@dataclass(frozen=True)
class Written:
    """One value that one revision wrote for the minute that began at `minute`."""

    metric: str
    region: str
    minute: datetime
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    service: str = "query"
    revision: str = ""


class MonitoringApi:
    """Holds what was written. `failures` are the codes of the next answers."""

    def __init__(self) -> None:
        self.written: list[Written] = []
        self.failures: list[grpc.StatusCode] = []

    def write(self, metric: str, region: str, minute: datetime, *values: float, **labels: str) -> None:
        """Let each of several revisions write a value."""
        self.written += [Written(f"{_RUN}{metric}", region, minute, value, labels) for value in values]

    def list(self, request: ListTimeSeriesRequest, context: grpc.ServicerContext) -> ListTimeSeriesResponse:
        """ListTimeSeries: one series a page, the newest point first."""
        if self.failures:
            context.abort(self.failures.pop(), "told to fail")
        wrong = _problem(request)
        if wrong:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, wrong)
        found = _FILTER.fullmatch(request.filter)
        assert found
        if found[1] == BY_TIER and not any(one.metric == BY_TIER for one in self.written):
            context.abort(grpc.StatusCode.NOT_FOUND, f"Cannot find metric(s) that match type = {BY_TIER!r}.")
        written = [one for one in self.written if found[4] in {None, one.revision} and found[3] in {None, one.region}]
        series = _series(written, found[1], found[2], request)
        number = int(request.page_token or 0)
        return ListTimeSeriesResponse(
            time_series=series[number : number + 1],
            next_page_token=str(number + 1) if number + 1 < len(series) else "",
        )


def _series(
    written: Sequence[Written], metric: str, service: str, request: ListTimeSeriesRequest
) -> Sequence[dict[str, Any]]:
    begin, end = _span(request)
    names = [name.removeprefix("metric.labels.") for name in request.aggregation.group_by_fields[1:]]
    groups: dict[tuple[str, ...], dict[datetime, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in written:
        ends = one.minute + timedelta(minutes=1)
        if (one.metric, one.service) == (metric, service) and begin < ends <= end:
            groups[one.region, *(one.labels[name] for name in names)][ends].append(one.value)
    kind, value_type = KINDS[metric]
    reducer = request.aggregation.cross_series_reducer
    whole = value_type == "INT64" and reducer == _REDUCE.REDUCE_SUM and kind == "DELTA"
    return [
        {
            "metric": {"type": metric, "labels": dict(zip(names, labels, strict=True))},
            "resource": {"type": "cloud_run_revision", "labels": {"location": region}},
            "points": [
                _point(ends, _REDUCERS[reducer](points[ends]), kind, whole=whole)
                for ends in sorted(points, reverse=True)
            ],
        }
        for (region, *labels), points in groups.items()
    ]


def _point(ends: datetime, value: float, kind: str, *, whole: bool) -> dict[str, Any]:
    begins = ends - timedelta(minutes=1) if kind == "DELTA" else ends
    typed = {"int64_value": int(value)} if whole else {"double_value": value}
    return {"interval": {"start_time": begins, "end_time": ends}, "value": typed}


def _span(request: ListTimeSeriesRequest) -> tuple[datetime, datetime]:
    interval: Any = request.interval
    return interval.start_time, interval.end_time


def _problem(request: ListTimeSeriesRequest) -> str:
    """What the API would refuse."""
    found = _FILTER.fullmatch(request.filter)
    begin, end = _span(request)
    aggregation = request.aggregation
    kind, value_type = KINDS.get(found[1], ("", "")) if found else ("", "")
    period: Any = aggregation.alignment_period
    checks = {
        "name": request.name == "projects/p",
        "filter": bool(kind),
        "interval": begin < end,
        "alignment_period": period == timedelta(minutes=1),
        "per_series_aligner": aggregation.per_series_aligner == _ALIGNERS.get(kind),
        "cross_series_reducer": aggregation.cross_series_reducer in _REDUCERS
        and not (value_type == "DISTRIBUTION" and aggregation.cross_series_reducer == _REDUCE.REDUCE_SUM),
        "group_by_fields": list(aggregation.group_by_fields[:1]) == ["resource.labels.location"],
    }
    return ", ".join(name for name, holds in checks.items() if not holds)


@contextmanager
def monitoring_client(api: MonitoringApi) -> Iterator[monitoring_v3.MetricServiceClient]:
    """A client of the API, connected to it."""
    server = grpc.server(ThreadPoolExecutor(4))
    method = grpc.unary_unary_rpc_method_handler(
        api.list,
        request_deserializer=ListTimeSeriesRequest.deserialize,
        response_serializer=ListTimeSeriesResponse.serialize,
    )
    handler = grpc.method_handlers_generic_handler("google.monitoring.v3.MetricService", {"ListTimeSeries": method})
    server.add_generic_rpc_handlers([handler])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    try:
        yield monitoring_v3.MetricServiceClient(transport=MetricServiceGrpcTransport(channel=channel))
    finally:
        channel.close()
        server.stop(None).wait(10)
