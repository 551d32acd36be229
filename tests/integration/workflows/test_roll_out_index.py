"""roll_out_index with the functions that build, copy, measure and serve: there, back, and where it cannot be."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from starlette.testclient import TestClient

from functions.control.wiring import build as build_control
from functions.ingest.collections import CollectionRegister
from functions.region_sync.copying import Bucket, Copier
from functions.region_sync.shard_view import ShardViews
from functions.region_sync.staging import StageSegments
from functions.region_sync.task_work import TaskWork
from shared.adapters.opening import Adapters
from shared.coordination.member import Report
from shared.coordination.membership import Membership
from shared.coordination.tasks.desk import TaskDesk
from shared.coordination.tasks.task import TaskKind
from shared.domain.versions import VersionVector
from shared.events.codec import from_message
from shared.events.rollouts import RolloutStepDueV1
from shared.events.tasks import TaskAssignedV1
from shared.index.manifest import Manifest, SegmentKind
from shared.manifests import ManifestReader
from shared.outcomes import Outcome
from shared.reads.heads import Freshness
from shared.reads.service import Read, Search
from shared.rollouts.store import Rollouts
from shared.topology import load_topology
from swell.local.workflows.calls.http import Request, Response
from tests.builders.workflows import Stage, workflow_file
from tests.fakes.crowds import paper_platform
from tests.fakes.workflow_time import VirtualTime
from tests.integration.coordination.deployment import HEIR, HOME, Deployment

ROWS = 400
ARGUMENT = {"rollout": "r1", "collection": "c", "trees": 30, "recall": 0.95}


class World(Deployment):
    """A collection of some hundred rows in two regions; the broker delivers while control waits."""

    def __post_init__(self) -> None:
        """As a deployment, with control."""
        super().__post_init__()
        adapters = Adapters(self.state, self.buckets[HOME], self.publisher, self.clock)
        self.control = TestClient(build_control(adapters, paper_platform(self.state, self.clock), pause=self.deliver))
        membership = Membership(self.state, self.clock)
        self.agent = TaskWork(
            HEIR, TaskDesk(self.state, self.clock, membership, self.publisher), {TaskKind.STAGE: self._stage()}
        )
        membership.beat(Report(HEIR, timedelta(minutes=1), ("stage",)))
        self.outcomes: list[Outcome] = []

    def _stage(self) -> StageSegments:
        own = Bucket(HEIR, HEIR, self.buckets[HEIR])
        return StageSegments(
            own=own,
            buckets=lambda region: Bucket(region, region, self.buckets[region]),
            rollouts=Rollouts(self.state, self.clock),
            views=ShardViews(self.state, load_topology(), HEIR),
            copier=Copier(own, workers=1),
        )

    def deliver(self, _: float = 0.0, *, times: int = 2) -> None:
        """What was asked of index update and of the heir, each message more than once."""
        for message in self.publisher.take("compactions"):
            event = from_message(message.data, message.attributes)
            if isinstance(event, RolloutStepDueV1):
                self.outcomes += [self.index_update.consume(message.data, message.attributes) for _ in range(times)]
        for message in self.publisher.take("tasks"):
            event = from_message(message.data, message.attributes)
            assert isinstance(event, TaskAssignedV1)
            for _ in range(times):
                self.agent(event)

    def fill(self) -> None:
        """Rows in two commits, some replaced and one deleted."""
        random = np.random.default_rng(5)
        for name, count in (("a", ROWS // 2), ("b", ROWS // 2)):
            vectors = random.normal(size=(count, 2)).tolist()
            self.pipeline.upsert({f"{name}{place}": vector for place, vector in enumerate(vectors)})
            self.commit()
        self.pipeline.upsert({"a0": [9.0, 9.0]})
        self.commit()

    def manifest(self) -> Manifest:
        """What is served at home."""
        return ManifestReader(self.buckets[HOME]).read(self.pipeline.collection, 0, self.head())

    def nearest(self, vector: list[float]) -> list[str]:
        """Exactly."""
        reads = self.reads(HOME)
        search = Search([vector], None, 5, 1.0, None)
        read = Read("c", Freshness(0.0, VersionVector({})))
        return [match.id for match in reads.search(read, search).answer.matches[0]]

    def send(self, request: Request) -> Response:
        """As the protocol of a sender of workflows."""
        path = urlsplit(request.url).path
        given = self.control.request(request.method, path, content=request.body, headers=dict(request.headers))
        return Response(given.status_code, dict(given.headers), given.content)

    def run(self, **others: Any) -> Any:
        """What the workflow ends as."""
        return self.stage().run(workflow_file("roll_out_index"), {**ARGUMENT, **others})

    def stage(self) -> Stage:
        """Where it runs."""
        return Stage(self, {"SWELL_CONTROL_URL": "http://control.test"}, VirtualTime(self.clock))

    def progress(self) -> Any:
        """What an operator sees of the one shard."""
        return self.control.get("/v1/rollouts/r1").json()["progress"][0]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A collection with rows."""
    world = World(tmp_path)
    world.fill()
    yield world
    world.control.close()


def test_a_collection_is_built_anew_and_served(world: World) -> None:
    """One base in place of what was there, in both regions before it is served; every answer as before."""
    before = [world.nearest([x, 0.5]) for x in (-1.0, 0.0, 9.0)]

    result = world.run()

    [segment] = world.manifest().segments
    assert ("rolled_out", [world.head().version]) == (result["state"], result["versions"])
    assert result["recall"] >= 0.93
    assert (SegmentKind.BASE, ROWS) == (segment.kind, segment.rows)
    copied = {info.name for info in world.buckets[HEIR].list("") if segment.id in info.name}
    assert len(segment.files) == len(copied)
    assert before == [world.nearest([x, 0.5]) for x in (-1.0, 0.0, 9.0)]
    assert set(world.outcomes) == {Outcome.DONE, Outcome.DUPLICATE}


def test_running_it_again_changes_nothing(world: World) -> None:
    """The same id is the same rollout; another collection under it is refused."""
    world.run()
    version = world.head().version

    assert "rolled_out" == world.run()["state"]

    assert version == world.head().version
    assert 409 == world.control.put("/v1/rollouts/r1", json={"collection": "c", "trees": 31}).status_code


def test_writes_that_come_meanwhile_stay(world: World) -> None:
    """They are in segments of their own."""
    plan = world.control.put("/v1/rollouts/r1", json={"collection": "c", "trees": 30}).json()
    assert ([0], 3) == (plan["shards"], len(plan["waves"]))
    world.control.post("/v1/rollouts/r1/shards/0/build", json={}).raise_for_status()
    world.pipeline.upsert({"late": [50.0, 50.0], "a1": [60.0, 60.0]})
    world.commit()

    assert "rolled_out" == world.run()["state"]

    assert ["a1", "late"] == world.nearest([60.0, 60.0])[:2]
    assert 2 == len(world.manifest().segments)


def test_too_low_a_recall_is_rolled_back(world: World) -> None:
    """Nothing was served, and nothing changes."""
    before = world.manifest().segments
    world.control.put("/v1/rollouts/r1", json={"collection": "c", "trees": 30}).raise_for_status()
    world.control.post("/v1/rollouts/r1/shards/0/build", json={}).raise_for_status()
    world.control.post("/v1/rollouts/r1/verify", json={"recall": 0.95}).raise_for_status()
    rollouts = Rollouts(world.state, world.clock)
    rollouts.move("r1", 0, lambda now: replace(now, found={"r0950": 0.5}))

    result = world.run()

    assert {"state": "rolled_back", "recall": 0.5} == result
    assert before == world.manifest().segments


def test_what_was_served_before_comes_back(world: World) -> None:
    """After a flip too, with what was written since; again changes nothing."""
    before = world.manifest().segments
    world.run()
    world.pipeline.upsert({"late": [50.0, 50.0]})
    world.commit()

    first = world.control.post("/v1/rollouts/r1/roll-back", json={}).json()
    again = world.control.post("/v1/rollouts/r1/roll-back", json={}).json()

    assert first == again
    assert before == world.manifest().segments[:-1]
    assert "late" == world.nearest([50.0, 50.0])[0]


def test_a_shard_that_was_merged_meanwhile_is_not_flipped(world: World) -> None:
    """It says so, and what is served stays."""
    world.control.put("/v1/rollouts/r1", json={"collection": "c", "trees": 30}).raise_for_status()
    world.control.post("/v1/rollouts/r1/shards/0/build", json={}).raise_for_status()
    world.control.put("/v1/rollouts/r2", json={"collection": "c", "trees": 20}).raise_for_status()
    world.control.post("/v1/rollouts/r2/shards/0/build", json={}).raise_for_status()
    world.control.post("/v1/rollouts/r2/flip", json={}).raise_for_status()
    served = world.manifest().segments

    failed = world.control.post("/v1/rollouts/r1/flip", json={})

    assert (409, True) == (failed.status_code, "merged or erased from since" in failed.json()["detail"])
    assert served == world.manifest().segments
    assert "flip" in world.progress()["errors"]


def test_what_was_collected_is_not_served(world: World) -> None:
    """An hour is what a rollout has between its build and its flip."""
    world.control.put("/v1/rollouts/r1", json={"collection": "c", "trees": 30}).raise_for_status()
    world.control.post("/v1/rollouts/r1/shards/0/build", json={}).raise_for_status()
    [staged] = Rollouts(world.state, world.clock).shard("r1", 0).staged
    assert staged.new is not None
    for info in list(world.buckets[HOME].list("")):
        if staged.new.id in info.name:
            world.buckets[HOME].delete(info.name)

    failed = world.control.post("/v1/rollouts/r1/flip", json={})

    assert (409, True) == (failed.status_code, "was collected" in failed.json()["detail"])


def test_a_collection_that_was_deleted_meanwhile_is_not_waited_for(world: World) -> None:
    """Its shards do nothing any more, so nothing would ever be found."""
    world.control.put("/v1/rollouts/r1", json={"collection": "c", "trees": 30}).raise_for_status()
    CollectionRegister(world.state, world.clock).delete("c")

    for path, body in (("shards/0/build", {}), ("verify", {"recall": 0.9}), ("flip", {})):
        failed = world.control.post(f"/v1/rollouts/r1/{path}", json=body)

        assert (409, True) == (failed.status_code, "was deleted" in failed.json()["detail"])


REFUSED: list[tuple[str, str, Any, int]] = [
    ("PUT", "r!", {"collection": "c"}, 400),
    ("PUT", "r1", {"collection": "nonesuch"}, 404),
    ("PUT", "r1", {"collection": "c", "trees": 0}, 400),
    ("GET", "none", None, 404),
    ("POST", "none/flip", {}, 404),
    ("POST", "kept/shards/9/build", {}, 404),
    ("POST", "kept/shards/x/build", {}, 400),
    ("POST", "kept/waves/4/sync", {}, 404),
    ("POST", "kept/verify", {"recall": 2}, 400),
    ("POST", "kept/verify", {"recall": 0.9}, 409),
]


def test_what_makes_no_sense_is_refused(world: World) -> None:
    """By name, and nothing changes."""
    before = world.manifest()
    world.control.put("/v1/rollouts/kept", json={"collection": "c"}).raise_for_status()

    for method, path, body, status in REFUSED:
        refused = world.control.request(method, f"/v1/rollouts/{path}", json=body)

        assert status == refused.status_code, refused.text
        assert "application/problem+json" == refused.headers["content-type"]
    assert before == world.manifest()
