"""prewarm_regions with control and its stores, where one of its steps fails: nothing is held, and it is told."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from functions.control.wiring import build as build_control
from shared.adapters.opening import Adapters
from shared.crowds.prewarms import Prewarms
from shared.crowds.timeline import EntryKind, Timeline
from swell.local.workflows.calls.http import Request, Response
from tests.builders.workflows import Stage, workflow_file
from tests.fakes.clock import FrozenClock
from tests.fakes.crowds import PaperFleet, paper_platform
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState
from tests.fakes.workflow_time import VirtualTime

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WANTED = {"europe-west1": 4, "asia-east1": 2}
ARGUMENT = {
    "plan": "final",
    "revision": 3,
    "regions": [{"region": region, "instances": instances} for region, instances in WANTED.items()],
    "collections": 20,
    "ready_by": 60,
    "ends_at": (NOW + timedelta(hours=1)).isoformat(),
}


class World:
    """Two regions with the instances that are wanted; one path of control's fails, each other request comes twice."""

    def __init__(self, broken: str = "") -> None:
        self.clock, self._broken = FrozenClock(NOW), broken
        self.state = InMemoryState(clock=self.clock)
        adapters = Adapters(self.state, InMemoryObjects(clock=self.clock), RecordingPublisher(), self.clock)
        platform = paper_platform(self.state, self.clock)
        assert isinstance(platform.fleet, PaperFleet)
        self.fleet = platform.fleet
        for region, instances in WANTED.items():
            self.fleet.resize(region, min_instances=instances, max_instances=9)
        self._http = TestClient(build_control(adapters, platform))
        self.most_held: dict[str, int] = {}

    def send(self, request: Request) -> Response:
        """As the protocol of a sender."""
        path = urlsplit(request.url).path
        if self._broken and self._broken in path and request.method != "DELETE":
            return Response(500, {}, b"{}")
        for _ in range(2):
            answer = self._http.request(request.method, path, content=request.body, headers=dict(request.headers))
        self.most_held = {region: max(self.most_held.get(region, 0), now) for region, now in self.held.items()}
        return Response(answer.status_code, dict(answer.headers), answer.content)

    @property
    def held(self) -> dict[str, int]:
        """The floor of each region."""
        prewarm = Prewarms(self.state).find("final")
        return {region: 0 if prewarm is None else prewarm.floor(region, self.clock.now()) for region in WANTED}

    def told(self, kind: EntryKind) -> list[str]:
        """What the timeline says of it."""
        return [one.text for one in Timeline(self.state).since(NOW) if one.kind is kind]

    @property
    def stage(self) -> Stage:
        """Where the workflow runs."""
        return Stage(self, {"SWELL_CONTROL_URL": "http://control.test"}, VirtualTime(self.clock))

    def failure(self) -> Any:
        """The error that the workflow ends with."""
        return self.stage.failure(workflow_file("prewarm_regions"), ARGUMENT)


@pytest.mark.parametrize("broken", ["/floors/asia-east1", "/load/europe-west1", "/readiness/asia-east1", "/step-down"])
def test_a_step_that_fails_leaves_no_floor_and_an_alert(broken: str) -> None:
    """In either region, whichever step it is; the alert is told once, also when all of it is delivered again."""
    world = World(broken)

    world.failure()
    held = world.held
    world.failure()

    assert world.most_held["europe-west1"] == 4
    assert held == world.held == dict.fromkeys(WANTED, 0)
    (alert,) = world.told(EntryKind.ALERT)
    assert alert.startswith("prewarm final failed, and was taken back")


def test_a_region_that_is_gone_is_named_and_the_others_keep_nothing_of_it() -> None:
    """Its service was deleted after the plan was made: not found, not waited for."""
    world = World()
    del world.fleet.sizes["asia-east1"]

    world.failure()

    assert world.clock.now() < NOW + timedelta(seconds=60)
    assert world.held == dict.fromkeys(WANTED, 0)
    (alert,) = world.told(EntryKind.ALERT)
    assert "asia-east1" in alert


def test_a_region_that_does_not_get_ready_is_named() -> None:
    """After the time that it has."""
    world = World()
    world.fleet.resize("asia-east1", min_instances=1, max_instances=9)

    world.failure()

    assert timedelta(seconds=60) <= world.clock.now() - NOW < timedelta(seconds=90)
    assert "asia-east1" in world.told(EntryKind.ALERT)[0]


def test_where_nothing_fails_it_is_warm_and_over_once() -> None:
    """Delivered twice, each fact is told once, and no alert."""
    world = World()

    for _ in range(2):
        world.stage.run(workflow_file("prewarm_regions"), ARGUMENT)

    assert world.most_held == WANTED
    assert world.held == dict.fromkeys(WANTED, 0)
    assert [text.split(":")[0] for text in world.told(EntryKind.PREWARM)] == [
        "prewarm final is warm",
        "prewarm final is over, its floors are given back",
    ]
    assert world.told(EntryKind.ALERT) == []
