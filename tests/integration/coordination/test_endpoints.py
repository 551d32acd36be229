"""What clients are told of the regions."""

from datetime import timedelta
from pathlib import Path

from starlette.testclient import TestClient

from functions.coordination.wiring import build
from shared.adapters.opening import Adapters
from shared.coordination.member import Capacity, Load, Report
from shared.coordination.membership import Membership
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

HOME, NEAR, FAR, UNKNOWN = "us-central1", "us-east1", "europe-west1", "asia-east1"


def test_a_region_without_room_comes_after_those_that_have_some() -> None:
    """As the front door would choose: of the nearest the first with more than 20 % free."""
    clock = FrozenClock()
    state = InMemoryState(clock=clock)
    membership = Membership(state, clock)
    urls = {region: f"https://{region}.example" for region in (FAR, NEAR, HOME)}
    app = build(Adapters(state, InMemoryObjects(clock=clock), RecordingPublisher(), clock), region_urls=urls)
    for region, streams in ((HOME, 95.0), (NEAR, 10.0), (FAR, 50.0)):
        capacity, load = (
            Capacity(instances_max=10, streams=100.0),
            Load(streams=streams, instances_healthy=10, instances_total=10),
        )
        membership.beat(Report(region, timedelta(seconds=60), ("sync",), capacity, load))

    with TestClient(app) as http:
        told = http.get("/v1/endpoints").json()["endpoints"]

    assert [NEAR, FAR, HOME] == [one["region"] for one in told]


def test_regions_are_named_nearest_first_with_their_health(tmp_path: Path) -> None:
    """Those that have an address and were ever heard; one that drains or is silent does not serve."""
    clock = FrozenClock()
    state = InMemoryState(clock=clock)
    membership = Membership(state, clock)
    urls = {region: f"https://{region}.example" for region in (FAR, NEAR, HOME, UNKNOWN)}
    app = build(Adapters(state, InMemoryObjects(clock=clock), RecordingPublisher(), clock), region_urls=urls)
    for region in (HOME, NEAR, FAR):
        membership.beat(Report(region, timedelta(seconds=60), ("sync",), Capacity(), Load()))
    membership.drain(NEAR, is_draining=True)

    with TestClient(app) as http:
        told = http.get("/v1/endpoints").json()["endpoints"]
        clock.advance(timedelta(minutes=10))
        later = http.get("/v1/endpoints").json()["endpoints"]

    assert [(HOME, True), (FAR, True), (NEAR, False)] == [(one["region"], one["is_serving"]) for one in told]
    assert "https://us-east1.example" == told[2]["url"]
    assert {"down"} == {one["presence"] for one in later}
