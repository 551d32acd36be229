"""A push goes to the region that takes it; it is held while none does; what is for all reaches all that live."""

from collections.abc import Mapping

import httpx
import pytest
from starlette.testclient import TestClient

from swell.local.write_door import WriteDoor

HOME, HEIR = "us-central1", "europe-west1"


class Regions(httpx.AsyncBaseTransport):
    """Index updates that answer with a status, one after the other; a region without one is gone."""

    def __init__(self, statuses: Mapping[str, list[int]]) -> None:
        self._statuses = statuses
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as told; the last status stays."""
        region = request.url.host
        self.asked.append(region)
        statuses = self._statuses[region]
        if not statuses:
            raise httpx.ConnectError("gone", request=request)
        return httpx.Response(statuses.pop(0) if len(statuses) > 1 else statuses[0])


def pushed(regions: Regions, topic: str = "mutations", times: int = 1, hold_s: float = 30.0) -> list[int]:
    """What the queue is told."""
    urls = {region: f"http://{region}" for region in (HOME, HEIR)}
    door = WriteDoor(urls, for_all={"sweeps"}, hold_s=hold_s, transport=regions)
    with TestClient(door.app()) as client:
        return [client.post(f"/projects/p/topics/{topic}?token=t", content=b"{}").status_code for _ in range(times)]


def test_who_took_the_last_one_is_asked_first() -> None:
    """A home that moved is not asked for long."""
    regions = Regions({HOME: [500], HEIR: [204]})

    assert pushed(regions, times=2) == [204, 204]
    assert regions.asked == [HOME, HEIR, HEIR]


def test_a_push_is_held_until_the_home_has_moved() -> None:
    """The home is gone; the heir refuses until it is home."""
    regions = Regions({HOME: [], HEIR: [500, 500, 204]})

    assert pushed(regions) == [204]
    assert regions.asked.count(HEIR) == 3


def test_a_push_that_nobody_takes_goes_back_to_the_queue() -> None:
    """Which has its own patience."""
    assert pushed(Regions({HOME: [], HEIR: [500]}), hold_s=0.0) == [503]


@pytest.mark.parametrize(
    ("home", "heir", "status"), [([204], [204], 204), ([], [204], 204), ([500], [204], 503), ([204], [500], 503)]
)
def test_what_is_for_all_reaches_all_that_live(home: list[int], heir: list[int], status: int) -> None:
    """A sweep: each region clears what is its own; one that is gone has nothing to clear."""
    regions = Regions({HOME: home, HEIR: heir})

    assert pushed(regions, "sweeps") == [status]
    assert regions.asked == [HOME, HEIR]
