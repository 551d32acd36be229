"""The front door sends clients to the nearest region that can answer, and knows at once when one cannot."""

import pytest

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


def test_a_drained_region_is_only_tried_where_nothing_else_answers(clock: ManualSeconds) -> None:
    """It lives, but its clients go elsewhere from the next look on."""
    drained: list[str] = []
    topology = load_topology().limited_to([HOME, BELGIUM, TOKYO])
    watch = RegionWatch(topology, monotonic_s=clock, drained=lambda: drained)
    for region in (HOME, BELGIUM, TOKYO):
        watch.alive(region)
    watch.look()
    before = next(watch.order(BELGIUM, 0.5))

    drained.append(BELGIUM)
    watch.look()

    assert before == BELGIUM
    assert next(watch.order(BELGIUM, 0.5)) != BELGIUM
    assert watch.lives(BELGIUM)
