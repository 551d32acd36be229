"""The front door sends clients to the nearest region that can answer, and knows at once when one cannot."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.coordination.member import Load, Member
from shared.routing.condition import Cause, Status
from shared.routing.health import HealthScore
from shared.topology import load_topology
from swell.local.load_meter import LEAST_FOR_P99, WINDOW_S, LoadMeter
from swell.local.region_choice import first_regions, folders
from swell.local.region_watch import MISSED_BEATS, RegionWatch
from tests.fakes.monotonic import ManualSeconds

HOME, BELGIUM, TOKYO = "us-central1", "europe-west1", "asia-northeast1"


@pytest.fixture
def clock() -> ManualSeconds:
    """Time that the test moves."""
    return ManualSeconds()


@pytest.fixture
def watch(clock: ManualSeconds) -> RegionWatch:
    """Three regions that live; an hour of the policy is a minute."""
    watch = RegionWatch(load_topology().limited_to([HOME, BELGIUM, TOKYO]), speed=60.0, monotonic_s=clock)
    for region in (HOME, BELGIUM, TOKYO):
        watch.alive(region)
    watch.look()
    return watch


def test_a_client_is_answered_nearby_and_each_other_region_is_tried_after_that(watch: RegionWatch) -> None:
    """Nearest first."""
    assert list(watch.order(BELGIUM, 0.5)) == [BELGIUM, HOME, TOKYO]


def test_a_region_that_refuses_is_left_at_once(watch: RegionWatch) -> None:
    """Without waiting for a probe."""
    watch.refused(BELGIUM)

    assert BELGIUM not in list(watch.order(BELGIUM, 0.0))


def test_a_slow_region_is_left_after_three_probes(watch: RegionWatch) -> None:
    """One slow answer is no death."""
    for _ in range(MISSED_BEATS - 1):
        watch.missed(TOKYO)
    assert watch.lives(TOKYO)

    watch.missed(TOKYO)

    assert not watch.lives(TOKYO)


def test_traffic_comes_back_by_steps(watch: RegionWatch, clock: ManualSeconds) -> None:
    """A quarter after ten minutes of health, all of it after thirty: here ten and thirty seconds."""
    watch.refused(BELGIUM)
    watch.alive(BELGIUM)
    kept = []
    for _ in range(32):
        clock.advance(1.0)
        shares = {share.region: share.weight for share in watch.look().routes[BELGIUM]}
        kept.append(round(shares.get(BELGIUM, 0.0), 2))

    assert kept[8] == 0.0
    assert 0.25 <= kept[11] < 0.5
    assert kept[-1] == 1.0
    assert kept == sorted(kept)


def test_only_recent_requests_count(clock: ManualSeconds) -> None:
    """And too few of them have no 99th percentile."""
    meter = LoadMeter(clock)
    for _ in range(LEAST_FOR_P99):
        meter.add(TOKYO, 0.1, failed=False)
    busy = meter.measured(TOKYO)
    clock.advance(WINDOW_S + 1)
    meter.add(TOKYO, 0.3, failed=True)

    assert (busy.requests, busy.p99_ms, busy.error_rate) == (LEAST_FOR_P99, 100.0, 0.0)
    assert (meter.measured(TOKYO).requests, meter.measured(TOKYO).p99_ms) == (1, None)


def test_home_is_first_and_keeps_its_folder() -> None:
    """So a directory of one region can be opened with three, and back."""
    regions = first_regions(load_topology(), 3)

    assert regions == [HOME, BELGIUM, TOKYO]
    assert folders(load_topology(), regions)[HOME] == "objects"


NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def members(*, silent_s: Mapping[str, float] | None = None, **changes: Any) -> dict[str, Member]:
    """All three, heard each second; `changes` are those of Belgium."""
    found = {
        region: Member(
            region, 1, NOW, NOW - timedelta(seconds=(silent_s or {}).get(region, 0)), 9, timedelta(seconds=1)
        )
        for region in (HOME, BELGIUM, TOKYO)
    }
    return {**found, BELGIUM: replace(found[BELGIUM], **changes)}


def test_a_drained_region_is_only_tried_where_nothing_else_answers(watch: RegionWatch) -> None:
    """It lives, but its clients go elsewhere from the next look on; also while the store does not answer."""
    before = next(watch.order(BELGIUM, 0.5))

    watch.heard(members(is_draining=True), NOW)
    watch.look()
    drained = next(watch.order(BELGIUM, 0.5))
    watch.heard(None, NOW)
    watch.look()

    assert before == BELGIUM
    assert BELGIUM not in {drained, next(watch.order(BELGIUM, 0.5))}
    assert watch.lives(BELGIUM)


def test_a_region_that_answers_but_is_not_heard_gets_nothing(watch: RegionWatch) -> None:
    """After three beats and ten seconds that the door has witnessed; and from then on, until it is heard again."""
    watch.heard(members(), NOW)
    routes = {}
    for silent_s in (9, 11):
        at = NOW + timedelta(seconds=silent_s)
        watch.heard({**members(silent_s=dict.fromkeys((HOME, TOKYO), -silent_s))}, at)
        routes[silent_s] = watch.look().routes[BELGIUM][0].region

    assert routes == {9: BELGIUM, 11: HOME}
    assert watch.plan.states[BELGIUM].condition.cause is Cause.NO_SIGN_OF_LIFE


def test_silence_of_all_or_from_before_is_nobodys_fault(watch: RegionWatch) -> None:
    """The store was away, this machine slept, or a directory of yesterday was opened."""
    watch.heard(members(silent_s=dict.fromkeys((BELGIUM, TOKYO), 86_400)), NOW)
    yesterday = watch.look().routes[BELGIUM][0].region
    watch.heard(members(), NOW + timedelta(minutes=9))
    all_silent = watch.look().routes[BELGIUM][0].region

    assert (yesterday, all_silent) == (BELGIUM, BELGIUM)


def test_what_instances_counted_decides_where_the_door_saw_too_little(watch: RegionWatch, clock: ManualSeconds) -> None:
    """A region that fails requests which the door did not see loses a quarter of its traffic."""
    ill = Load(p99_ms=120.0, error_rate=0.5)
    for _ in range(3):
        clock.advance(1.0)
        watch.heard(members(load=ill), NOW)
        watch.look()
    told = watch.plan.states[BELGIUM]
    for _ in range(LEAST_FOR_P99):
        watch.answered(BELGIUM, BELGIUM, 0.01, failed=False)

    assert (told.score and told.score.points, told.condition.status) == (50, Status.DEGRADED)
    assert watch.look().states[BELGIUM].score == HealthScore(100)
