"""Reads go to the regions that the server names; everything else to the address that was given."""

import asyncio
from typing import Any

import httpx
import pytest

from swell.client import NO_RETRIES, Swell
from swell.client.aio.region_finder import AsyncRegionFinder
from swell.client.endpoints import Endpoints
from swell.client.errors import UnreachableError
from tests.unit.swell.client.recorded_server import ok, problem

FOUND = {"matches": [], "version": "0:1", "method": "exact", "recall_target": 1, "took_ms": 1}


def _endpoint(name: str, *, serves: bool = True) -> dict[str, Any]:
    return {"region": name, "url": f"http://{name}.test", "presence": "live", "is_serving": serves}


class Deployment:
    """A front door that names regions, and the regions."""

    def __init__(self, *endpoints: dict[str, Any], fails: httpx.Response | None = None) -> None:
        self.endpoints = list(endpoints)
        self.fails = fails
        self.asked: list[tuple[str, str]] = []
        self.down: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        host, action = request.url.host, request.url.path.rpartition("/")[2]
        self.asked.append((host, action))
        if host in self.down:
            raise httpx.ConnectError("refused")
        if action == "endpoints":
            return self.fails or ok({"endpoints": self.endpoints})
        return ok({"accepted": 1} if action == "delete" else FOUND)

    def client(self, **options: Any) -> Swell:
        """One that looks for regions."""
        return Swell("http://door.test", find_regions=True, http_transport=httpx.MockTransport(self), **options)


def test_reads_go_to_the_nearest_region_that_serves() -> None:
    """It is asked for once; writes and all else go through the front door."""
    deployment = Deployment(_endpoint("draining", serves=False), _endpoint("near"), _endpoint("far"))

    with deployment.client() as swell:
        words = swell.collection("c")
        words.query([1])
        words.query([1])
        words.delete(["a"])

    expected = [("door.test", "endpoints"), ("near.test", "query"), ("near.test", "query"), ("door.test", "delete")]
    assert expected == deployment.asked


def test_where_a_region_is_gone_the_next_answers_and_at_last_the_front_door() -> None:
    """The address that was given stands behind those that were found."""
    deployment = Deployment(_endpoint("near"), _endpoint("far"))
    deployment.down = {"near.test", "far.test"}

    with deployment.client() as swell:
        swell.collection("c").query([1])

    assert ["endpoints", "query", "query", "query"] == [action for _, action in deployment.asked]
    assert ["near.test", "far.test", "door.test"] == [host for host, _ in deployment.asked[1:]]


@pytest.mark.parametrize("fails", [problem(404, "not_found"), ok({"endpoints": "none"}), problem(503, "overloaded")])
def test_a_server_that_cannot_tell_is_read_from_itself(fails: httpx.Response) -> None:
    """An older one, a broken one, a busy one: the list that was given is what there is."""
    deployment = Deployment(fails=fails)

    with deployment.client(retries=NO_RETRIES) as swell:
        swell.collection("c").query([1])

    assert ("door.test", "query") == deployment.asked[-1]


def test_what_was_found_holds_while_the_server_is_away() -> None:
    """And a key that was given to a secure address is never sent to another in the clear."""
    answers: list[Any] = [
        {"endpoints": [_endpoint("plain"), {**_endpoint("near"), "url": "https://near.test"}]},
        UnreachableError("away", sent=False),
    ]

    async def ask() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def story() -> list[list[str]]:
        finder = AsyncRegionFinder(Endpoints(["https://door.test"]), ask)
        first = (await finder.endpoints()).urls
        finder._look_at_s = 0.0
        return [first, (await finder.endpoints()).urls]

    assert [["https://near.test", "https://door.test"]] * 2 == asyncio.run(story())
    assert not answers
