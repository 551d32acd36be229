"""fail_over_region with the functions that vote, fence, promote and write: there, and back."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from swell.local.workflows.calls.http import Request, Response
from tests.builders.workflows import Stage, workflow_file
from tests.fakes.workflow_time import VirtualTime
from tests.integration.coordination.deployment import HEIR, HOME, Deployment


class _Coordination:
    """Sends to the real function; regions beat and vote while the workflow waits for them."""

    def __init__(self, world: Deployment) -> None:
        self._world = world

    def send(self, request: Request) -> Response:
        """As the protocol of a sender."""
        path = urlsplit(request.url).path
        if request.method == "GET" and path.startswith("/v1/ballots/"):
            self._world.vote()
        if path.endswith("/promote"):
            self._world.beat(HEIR)
        answer = self._world.http.request(request.method, path, content=request.body, headers=dict(request.headers))
        return Response(answer.status_code, dict(answer.headers), answer.content)


@pytest.fixture
def world(tmp_path: Path) -> Deployment:
    """Two regions; the heir has all that the home committed."""
    deployment = Deployment(tmp_path)
    deployment.beat()
    deployment.write("first", 1.0)
    deployment.commit()
    deployment.copy()
    return deployment


def _stage(world: Deployment) -> Stage:
    variables = {"SWELL_COORDINATION_URL": "http://coordination.test"}
    return Stage(_Coordination(world), variables, VirtualTime(world.clock))


def test_there_and_back(world: Deployment) -> None:
    """The home moves to the heir and back; traffic follows it, and nothing stays open."""
    argument = {"id": "move-1", "from_region": HOME, "to_region": HEIR, "is_planned": True}

    result = _stage(world).run(workflow_file("fail_over_region"), argument)

    assert ("moved", 0) == (result["state"], result["versions_behind"])
    [moved] = result["collections"]
    assert ("c", "moved", HEIR) == (moved["collection"], moved["step"], moved["home"])
    head = world.head()
    assert head.home is not None
    assert HEIR == head.home.region
    assert world.get(f"regions/{HOME}")["is_draining"] is True
    assert world.get(f"regions/{HEIR}")["is_draining"] is False
    assert world.get("ballots/move-1")["closed_at"] is not None

    world.beat()
    back = {"id": "move-2", "from_region": HEIR, "to_region": HOME, "is_planned": True}
    assert "moved" == _stage(world).run(workflow_file("fail_over_region"), back)["state"]
    home = world.head().home
    assert home is not None
    assert HOME == home.region
    assert world.get(f"regions/{HOME}")["is_draining"] is False


def test_a_region_that_lives_keeps_its_collections(world: Deployment) -> None:
    """Nobody votes on a move that nobody needs."""
    result = _stage(world).run(workflow_file("fail_over_region"), {"id": "loss-1", "from_region": HOME})

    assert {"state": "not_needed", "presence": "live"} == result
    assert [] == world.get("ballots")["ballots"]


def test_a_region_that_is_down(world: Deployment) -> None:
    """Its heir takes over without anybody choosing it."""
    world.clock.advance(timedelta(minutes=10))
    world.beat(HEIR)

    result = _stage(world).run(workflow_file("fail_over_region"), {"id": "loss-1", "from_region": HOME})

    assert "moved" == result["state"]
    assert [HEIR] == [each["home"] for each in result["collections"]]


def test_an_heir_that_lacks_a_version(world: Deployment) -> None:
    """Nothing is lost for haste: the home stays, and the lease is free for the next attempt."""
    world.write("second", 2.0)
    world.commit()
    argument = {"id": "move-1", "from_region": HOME, "to_region": HEIR, "is_planned": True}

    result = _stage(world).run(workflow_file("fail_over_region"), argument)

    assert ("heir_is_behind", 1) == (result["state"], result["versions_behind"])
    head = world.head()
    assert head.home is None or head.home.region == HOME
    world.post(f"leases/move-home-{HOME}", {"holder": "next"})
