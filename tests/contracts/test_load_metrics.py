"""What Cloud Monitoring says of the query service, as load by the minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from grpc import StatusCode

from shared.adapters.google.load_metrics import CloudMonitoringLoad
from shared.domain.load import LoadMinute
from shared.domain.tier import Tier
from shared.errors import DependencyUnavailable
from tests.fakes.clock import FrozenClock
from tests.fakes.google.monitoring_api import BY_TIER, MonitoringApi, Written, monitoring_client

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
A, B = "europe-west1", "us-east1"
Subject = tuple[MonitoringApi, CloudMonitoringLoad, FrozenClock]


@pytest.fixture
def subject() -> Iterator[Subject]:
    """The API, the port, and the clock at noon."""
    api, clock = MonitoringApi(), FrozenClock(NOON)
    with monitoring_client(api) as client:
        load = CloudMonitoringLoad("p", "query", (A, B), clock, client)
        yield api, load, clock
        load.close()


def ago(minutes: float) -> datetime:
    """So many minutes before noon."""
    return NOON - timedelta(minutes=minutes)


def write_minute(api: MonitoringApi, region: str, minute: datetime, requests: int = 600) -> None:
    """Two revisions that answer, the second with a fifth of its requests failed; three instances."""
    api.write("request_count", region, minute, requests * 0.8, requests * 0.1, response_code_class="2xx")
    api.write("request_count", region, minute, requests * 0.1, response_code_class="5xx")
    api.write("request_latencies", region, minute, 10.0, 20.0, 90.0)
    api.write("container/instance_count", region, minute, 2, state="active")
    api.write("container/instance_count", region, minute, 1, state="idle")
    api.write("container/cpu/utilizations", region, minute, 0.2, 0.4)
    api.write("container/memory/utilizations", region, minute, 0.5, 0.7)
    api.write("container/max_request_concurrencies", region, minute, 8, 12)
    api.write("container/billable_instance_time", region, minute, 70.5, 30.0)
    api.write("container/network/sent_bytes_count", region, minute, 1_000_000, 2_000)


def test_a_minute_is_put_together(subject: Subject) -> None:
    """Counts are added up over revisions, shares are means, and the mean in flight follows from the time taken."""
    api, load, _ = subject
    write_minute(api, A, ago(6))
    api.written.append(Written("run.googleapis.com/request_count", A, ago(6), 1e6, {"response_code_class": "2xx"}, "x"))

    [found] = [minute for minute in load.minutes(ago(6), ago(5)) if minute.region == A]

    assert found == LoadMinute(
        region=A,
        minute=ago(6),
        requests=600,
        measured_at=NOON,
        instances=3,
        cpu=found.cpu,
        concurrency=found.concurrency,
        memory=0.7,
        p99_ms=90.0,
        errors=60,
        dependency_errors=None,
        egress_bytes=1_002_000,
        active_ms=100_500,
        idle_ms=79_500,
    )
    assert (found.cpu, found.concurrency) == pytest.approx((0.3, 600 * 40 / 180_000))


def test_tiers_are_counted_from_log_lines_where_somebody_counts_them(subject: Subject) -> None:
    """Lines of nobody that is known have no tier; a project without the metric has load all the same."""
    api, load, _ = subject
    write_minute(api, A, ago(6))
    [without] = [minute.by_tier for minute in load.minutes(ago(6), ago(5)) if minute.region == A]
    for tier, count in (("free", 500), ("premium", 90), ("", 10)):
        api.written.append(Written(BY_TIER, A, ago(6), count, {"tier": tier}))

    found = {minute.region: minute.by_tier for minute in load.minutes(ago(6), ago(5))}

    assert without is None
    assert found == {A: {Tier.FREE: 500, Tier.STANDARD: 0, Tier.PREMIUM: 90}, B: None}


def test_one_long_request_is_no_crowd(subject: Subject) -> None:
    """The time of a request counts in the minute in which it ends: never more than were in flight at once."""
    api, load, _ = subject
    api.write("request_count", A, ago(9), 1, response_code_class="2xx")
    api.write("request_latencies", A, ago(9), 1_200_000.0)
    api.write("container/instance_count", A, ago(9), 1, state="active")
    api.write("container/max_request_concurrencies", A, ago(9), 1)

    [found] = [minute for minute in load.minutes(ago(9), ago(8)) if minute.region == A]

    assert 1.0 == found.concurrency
    assert 0 == found.dependency_errors


def test_a_minute_without_points_had_no_requests_once_it_is_old(subject: Subject) -> None:
    """Cloud Monitoring writes nothing where nothing happens; what is younger than its delay is not known."""
    api, load, clock = subject
    write_minute(api, A, ago(8))
    clock.advance(timedelta(seconds=30))

    found = load.minutes(ago(8), NOON)

    by_region = {region: {one.minute: one.requests for one in found if one.region == region} for region in (A, B)}
    quiet = {ago(minutes): 0 for minutes in (8, 7, 6, 5)}
    assert {A: {**quiet, ago(8): 600}, B: quiet} == by_region
    [nothing] = [one for one in found if (one.region, one.minute) == (B, ago(8))]
    known = (nothing.instances, nothing.cpu, nothing.concurrency, nothing.errors, nothing.active_ms, nothing.idle_ms)
    assert (0, None, 0.0, 0, 0, 0) == known


def test_no_instances_is_known_only_where_they_were_counted(subject: Subject) -> None:
    """Otherwise a gap in Cloud Monitoring would look like idle instances, and stop them in the middle of a crowd."""
    api, load, _ = subject
    api.write("container/instance_count", A, ago(9), 0, state="idle")

    found = {one.region: (one.instances, one.cpu, one.memory) for one in load.minutes(ago(9), ago(8))}

    assert {A: (0, 0.0, 0.0), B: (0, None, None)} == found


def test_a_young_minute_is_there_when_all_of_it_is(subject: Subject) -> None:
    """Requests without instances would look like none that answered."""
    api, load, _ = subject
    write_minute(api, A, ago(2))
    api.write("request_count", A, ago(1), 5, response_code_class="2xx")
    api.write("container/instance_count", B, ago(2), 1, state="idle")

    found = load.minutes(ago(3), NOON)

    assert [(A, ago(2), 600)] == [(one.region, one.minute, one.requests) for one in found]


def test_requests_without_an_instance_count_had_an_instance(subject: Subject) -> None:
    """Samples are taken once a minute: an instance may live between two."""
    api, load, _ = subject
    api.write("request_count", A, ago(9), 3, response_code_class="2xx")

    [found] = [one for one in load.minutes(ago(9), ago(8)) if one.region == A]

    assert (3, 1, None, None) == (found.requests, found.instances, found.cpu, found.active_ms)


def test_a_later_look_sees_what_came_late(subject: Subject) -> None:
    """Measured later: so it replaces what was taken for silence."""
    api, load, clock = subject
    [before, _] = load.minutes(ago(5), ago(4))
    write_minute(api, A, ago(5))
    clock.advance(timedelta(minutes=1))
    [after, _] = load.minutes(ago(5), ago(4))

    assert (0, 600) == (before.requests, after.requests)
    assert before.measured_at < after.measured_at


def test_only_whole_minutes_that_begin_in_the_span_and_have_ended(subject: Subject) -> None:
    """Half-open, wherever its ends lie; nothing of the minute that goes on, and no minute twice."""
    api, load, clock = subject
    for minutes in range(12):
        write_minute(api, A, ago(minutes))
    clock.advance(timedelta(seconds=40))

    found = [one.minute for one in load.minutes(ago(9.5), ago(6.5)) if one.region == A]
    newest = [one.minute for one in load.minutes(ago(2), clock.now()) if one.region == A]

    assert [ago(9), ago(8), ago(7)] == sorted(found)
    assert [ago(2), ago(1)] == sorted(newest)
    assert [] == load.minutes(NOON, NOON)
    assert [] == load.minutes(NOON, NOON + timedelta(minutes=5))


def test_instances_are_those_counted_last(subject: Subject) -> None:
    """The newest count of each region, not that of a day ago; asked for again after half a minute."""
    api, load, clock = subject
    for minutes, count in ((3, 4), (2, 7)):
        api.write("container/instance_count", A, ago(minutes), count - 1, state="active")
        api.write("container/instance_count", A, ago(minutes), 1, state="idle")
    api.write("container/instance_count", B, ago(30), 5, state="idle")

    at_first = load.instances()
    api.write("container/instance_count", B, ago(1), 2, state="active")
    remembered = load.instances()
    clock.advance(timedelta(seconds=31))

    assert [{A: 7}, {A: 7}, {A: 7, B: 2}] == [at_first, remembered, load.instances()]


@pytest.mark.parametrize("code", [StatusCode.UNAVAILABLE, StatusCode.RESOURCE_EXHAUSTED])
def test_failures_of_cloud_monitoring(subject: Subject, code: StatusCode) -> None:
    """Half of the metrics would be worse than none."""
    api, load, _ = subject
    write_minute(api, A, ago(6))
    api.failures = [code] * 200

    with pytest.raises(DependencyUnavailable, match="Cloud Monitoring"):
        load.minutes(ago(6), ago(5))
