"""Tasks are asked for over HTTP and done by the region that is given them."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.coordination.wiring import build
from functions.region_sync.copying import Copier
from functions.region_sync.shard_view import ShardViews
from functions.region_sync.task_work import RegionalWorks, TaskWork
from shared.adapters.opening import Adapters
from shared.coordination.member import Report
from shared.coordination.membership import Membership
from shared.coordination.tasks.desk import TaskDesk
from shared.events.codec import from_message
from shared.events.index import CompactionDueV1
from shared.events.tasks import TaskAssignedV1
from shared.manifests import ManifestReader
from shared.outcomes import Outcome
from tests.builders.regions import RegionalWorld

HOME, OTHER = "us-central1", "europe-west1"


class Regions:
    """Two regions that can do everything but warm, and the desk over HTTP."""

    def __init__(self) -> None:
        self.world = RegionalWorld([HOME, OTHER])
        world = self.world
        membership = Membership(world.state, world.clock)
        desk = TaskDesk(world.state, world.clock, membership, world.publisher)
        adapters = Adapters(world.state, world.buckets[f"bucket-{HOME}"], world.publisher, world.clock)
        self.http = TestClient(build(adapters))
        self.workers = {}
        for region in (HOME, OTHER):
            own = world.bucket(region)
            works = RegionalWorks(
                region=region,
                state=world.state,
                views=ShardViews(world.state, world.topology, region),
                sync=world.sync(region),
                copier=Copier(own, workers=1),
                manifests=ManifestReader(own.objects),
                membership=membership,
                publisher=world.publisher,
                clock=world.clock,
            ).by_kind()
            self.workers[region] = TaskWork(region, desk, works)
            membership.beat(Report(region, timedelta(minutes=1), tuple(kind.value for kind in works)))
        world.commit(["s1", "s2"])

    def ask(self, kind: str, region: str, status: int = 202, **options: Any) -> Any:
        """Ask for a task about collection `c`."""
        body = {"id": f"{kind}-1", "kind": kind, "region": region, "collection": "c", **options}
        response = self.http.post("/v1/tasks", json=body)
        assert response.status_code == status, response.text
        return response.json()

    def work(self) -> list[Outcome]:
        """Deliver to every region what was published."""
        outcomes = []
        for message in self.world.publisher.take("tasks"):
            event = from_message(message.data, message.attributes)
            assert isinstance(event, TaskAssignedV1)
            outcomes += [worker(event) for worker in self.workers.values()]
        return outcomes

    def state(self, task: str) -> Any:
        """The task as it stands."""
        return self.http.get(f"/v1/tasks/{task}").json()


@pytest.fixture
def regions() -> Regions:
    """A world of its own."""
    return Regions()


def test_a_copy_brings_a_shard_here_and_can_then_be_verified(regions: Regions) -> None:
    """Every byte is read, and the answer says how many."""
    asked = regions.ask("copy", OTHER)
    assert (asked["state"], asked["agent"]) == ("assigned", OTHER)
    outcomes = regions.work()
    regions.ask("verify", OTHER)
    regions.work()

    copied, verified = regions.state("copy-1"), regions.state("verify-1")
    assert sorted(outcomes) == [Outcome.DONE, Outcome.STALE]
    assert (copied["state"], copied["result"]["reason"], copied["result"]["version"]) == ("done", "copied", 1)
    assert (verified["state"], verified["result"]["objects"]) == ("done", 4)


def test_damage_is_found_and_tried_again_when_told_to(regions: Regions) -> None:
    """The error names the object; once it is mended, a retry from the start is done under a higher token."""
    regions.ask("copy", OTHER)
    regions.work()
    bucket = regions.world.buckets[f"bucket-{OTHER}"]
    name = next(info.name for info in bucket.list("") if "/segments/" in info.name)
    whole = bucket.read(name)
    bucket.put(name, b"something else")

    regions.ask("verify", OTHER)
    regions.work()

    found = regions.state("verify-1")
    assert found["state"] == "dead"
    assert name in found["error"]

    bucket.put(name, whole)
    retried = regions.http.post("/v1/tasks/verify-1/retry").json()
    again = regions.http.post("/v1/tasks/verify-1/retry").json()
    regions.work()

    assert (retried["state"], retried["attempts"], again["attempts"]) == ("assigned", 1, 1)
    assert regions.state("verify-1")["state"] == "done"
    assert regions.http.get("/v1/task-journal").json()["entries"][-1]["token"] == 2
    assert regions.http.post("/v1/tasks/verify-1/retry").status_code == 409
    assert regions.http.post("/v1/tasks/no-such/retry").status_code == 404


def test_a_rebuild_has_index_update_look_thoroughly(regions: Regions) -> None:
    """And a delivery that comes again changes nothing."""
    regions.ask("rebuild", HOME)
    [message] = regions.world.publisher.take("tasks")
    event = from_message(message.data, message.attributes)
    assert isinstance(event, TaskAssignedV1)

    outcomes = [regions.workers[HOME](event), regions.workers[HOME](event)]

    [due] = [from_message(m.data, m.attributes) for m in regions.world.publisher.take("compactions")]
    assert isinstance(due, CompactionDueV1)
    assert (due.is_thorough, due.version, outcomes) == (True, 1, [Outcome.DONE, Outcome.DUPLICATE])


def test_a_region_that_is_drained_says_so(regions: Regions) -> None:
    """Its routes lead elsewhere from then on."""
    regions.ask("drain", OTHER, collection="")
    regions.work()

    listed = {one["region"]: one["is_draining"] for one in regions.http.get("/v1/regions").json()["regions"]}
    assert listed == {HOME: False, OTHER: True}


def test_what_nobody_can_do_waits_and_all_is_in_the_journal(regions: Regions) -> None:
    """Nobody here knows where a query function is."""
    assert regions.ask("warm", OTHER)["state"] == "waiting"
    assert regions.ask("copy", OTHER, collection="nothing-like-it")["state"] == "assigned"
    regions.work()

    entries = regions.http.get("/v1/task-journal?after=1").json()["entries"]
    assert [(entry["number"], entry["task"], entry["state"]) for entry in entries] == [
        (2, "copy-1", "waiting"),
        (3, "copy-1", "assigned"),
        (4, "copy-1", "dead"),
    ]
    assert regions.http.get("/v1/task-journal?after=x").status_code == 400
    assert [task["id"] for task in regions.http.get("/v1/tasks").json()["tasks"]] == ["warm-1", "copy-1"]


@pytest.mark.parametrize(
    "options",
    [{"collection": ""}, {"priority": 10}, {"strategy": "dance"}, {"shard": -1}, {"ttl_s": 0}, {"id": "NO"}],
    ids=["about nothing", "priority", "strategy", "shard", "ttl", "id"],
)
def test_what_is_not_allowed_is_refused(regions: Regions, options: dict[str, Any]) -> None:
    """At the edge, before anything is stored."""
    regions.ask("copy", OTHER, 400, **options)

    assert regions.http.get("/v1/tasks").json()["tasks"] == []
