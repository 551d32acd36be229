"""What setting the bounds of a region promises, on Cloud Run and in the state store."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from google.cloud.run_v2 import ServicesClient

from shared.adapters.embedded.state import SqliteState
from shared.adapters.google.fleet import CloudRunFleet
from shared.adapters.stored.fleet import StoredFleet
from shared.errors import DependencyUnavailable, NotFound
from shared.ports.fleet import Fleet, FleetSize
from tests.fakes.google.rest_server import connected
from tests.fakes.google.run_api import RunApi
from tests.fakes.state import InMemoryState

HERE = "europe-west1"
SERVICE = f"projects/p/locations/{HERE}/services/query"


@pytest.fixture(params=["memory", "sqlite", "google"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fleet]:
    """A fleet that is deployed in one region."""
    openers: dict[str, Callable[[], Iterator[Fleet]]] = {
        "memory": lambda: iter([_stored(StoredFleet(InMemoryState()))]),
        "sqlite": lambda: _on_sqlite(tmp_path),
        "google": _on_cloud_run,
    }
    yield from openers[request.param]()


def test_a_region_has_the_bounds_it_was_set_to(fleet: Fleet) -> None:
    """Both at once, as often as one likes."""
    for least, most in ((3, 40), (3, 40), (0, 1), (7, 7)):
        fleet.resize(HERE, min_instances=least, max_instances=most)

        size = fleet.size(HERE)
        assert (least, most) == (size.min_instances, size.max_instances)


def test_a_region_can_be_set_to_nothing_and_back(fleet: Fleet) -> None:
    """A maximum of none is none, not the platform's default."""
    fleet.resize(HERE, min_instances=0, max_instances=0)
    stopped = fleet.size(HERE)
    fleet.resize(HERE, min_instances=2, max_instances=9)

    assert (0, 0) == (stopped.min_instances, stopped.max_instances)
    assert (2, 9) == (fleet.size(HERE).min_instances, fleet.size(HERE).max_instances)


def test_a_region_without_the_function_is_not_found(fleet: Fleet) -> None:
    """Neither read nor set."""
    with pytest.raises(NotFound, match="us-west1"):
        fleet.size("us-west1")
    with pytest.raises(NotFound, match="us-west1"):
        fleet.resize("us-west1", min_instances=1, max_instances=2)


def test_a_change_makes_no_revision_and_waits_for_nothing() -> None:
    """One request, of service-level scaling alone; the operation goes on."""
    api = _deployed()
    with connected(api, ServicesClient) as client:
        _cloud_run(client).resize(HERE, min_instances=3, max_instances=40)

    assert ["PATCH"] == [request.method for request in api.requests]
    assert all(path.startswith("scaling.") for path in api.requests[0].query["updateMask"].split(","))
    assert "template" not in api.requests[0].body
    assert "kept" == api.services[SERVICE].etag


@pytest.mark.parametrize(("template_max", "expected"), [(0, FleetSize(0, 100, 3)), (25, FleetSize(0, 25, 3))])
def test_a_service_that_was_never_set_has_what_cloud_run_gives_it(template_max: int, expected: FleetSize) -> None:
    """The maximum of its revision, or Cloud Run's default."""
    api = RunApi()
    api.deploy(SERVICE, template_max=template_max)
    with connected(api, ServicesClient) as client:
        assert expected == _cloud_run(client).size(HERE)


def test_a_failure_that_passes_is_tried_again() -> None:
    """Within the call: the next tick is a minute away."""
    api = _deployed()
    with connected(api, ServicesClient) as client:
        api.failures = [503]
        _cloud_run(client).resize(HERE, min_instances=1, max_instances=2)

    assert 2 == len(api.requests)


@pytest.mark.parametrize("status", [409, 429, 503], ids=["changed by another", "quota", "away"])
def test_a_failure_that_stays_is_of_the_dependency(status: int) -> None:
    """Cloud Run is away, or busy with another change."""
    api = _deployed()
    with connected(api, ServicesClient) as client:
        api.failures = [status] * 50

        with pytest.raises(DependencyUnavailable, match=HERE):
            _cloud_run(client).resize(HERE, min_instances=1, max_instances=2)


def test_what_is_ready_is_what_was_last_counted() -> None:
    """None where nothing was counted; not known where nobody can be asked."""
    api = _deployed()

    def away() -> Mapping[str, int]:
        raise DependencyUnavailable("Cloud Monitoring")

    with connected(api, ServicesClient) as client:
        ready = [CloudRunFleet("p", "query", ask, client).size(HERE).ready for ask in (lambda: {HERE: 3}, dict, away)]

    assert [3, 0, None] == ready


def _cloud_run(client: ServicesClient) -> CloudRunFleet:
    return CloudRunFleet("p", "query", lambda: {HERE: 3}, client)


def _deployed() -> RunApi:
    api = RunApi()
    api.deploy(SERVICE)
    return api


def _stored(fleet: StoredFleet) -> StoredFleet:
    fleet.open(HERE, min_instances=0, max_instances=5)
    return fleet


def _on_sqlite(directory: Path) -> Iterator[Fleet]:
    store = SqliteState(directory / "state.db")
    yield _stored(StoredFleet(store))
    store.close()


def _on_cloud_run() -> Iterator[Fleet]:
    with connected(_deployed(), ServicesClient) as client:
        yield _cloud_run(client)
