"""Deliveries through Google's own client, to a server that speaks its protocol."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from google.cloud.run_v2 import ServicesClient

from shared.errors import DependencyUnavailable, NotFound
from swell.delivery.cloud_run import CloudRunServices
from swell.delivery.gate import Health
from swell.delivery.release import Place, Wave, one_image
from swell.delivery.rollout import Ending, Pace, Rollout
from swell.delivery.services import DeploymentFailed
from tests.fakes.clock import FrozenClock
from tests.fakes.google.rest_server import connected
from tests.fakes.google.run_delivery_api import RunDeliveryApi

OLD = "r-docker.pkg.dev/p/swell/swell@sha256:" + "0" * 64
NEW = "r-docker.pkg.dev/p/swell/swell@sha256:" + "a" * 64
REGIONS = ("europe-west2", "europe-west3")
PLACES = tuple(Place("query", "query", region) for region in REGIONS)
WAVE = Wave(1, "two regions", PLACES)
RELEASE = one_image(NEW, ["query"])
CANDIDATE, STABLE = "query-aaaaaaaaaaaa", "query-00001"
GOOD = Health(1000, 0, 20.0)


@dataclass
class Seen:
    """What revisions are said to do: all well, but for `bad` ones while their share is at least `from_share`."""

    api: RunDeliveryApi
    candidate: Health = GOOD
    from_share: int = 0
    asked: list[str] = field(default_factory=list)

    def health(self, place: Place, revision: str, since: datetime) -> Health:
        """As the protocol."""
        assert since is not None
        self.asked.append(revision)
        share = self.api.shares(_name(place)).get(CANDIDATE, 0)
        return self.candidate if revision == CANDIDATE and share >= self.from_share else GOOD


def _name(place: Place) -> str:
    return f"projects/p/locations/{place.region}/services/{place.service}"


@pytest.fixture
def api() -> RunDeliveryApi:
    """Two services, made by Terraform."""
    api = RunDeliveryApi()
    for place in PLACES:
        api.deploy(_name(place), OLD)
    return api


Carry = Callable[..., Ending]


@pytest.fixture
def services(api: RunDeliveryApi) -> Iterator[CloudRunServices]:
    """The adapter, connected."""
    with connected(api, ServicesClient) as client:
        yield CloudRunServices("p", client)


def _rollout(services: CloudRunServices, seen: Seen, **options: object) -> Rollout:
    pace = Pace(watch_s=3, look_every_s=1, ready_within_s=10, settle_every_s=1)
    return Rollout(services, seen, FrozenClock(), pace=pace, sleep=lambda _: None, **options)  # type: ignore[arg-type]


def test_a_good_release_gets_all_traffic_step_by_step(api: RunDeliveryApi, services: CloudRunServices) -> None:
    """Ten, fifty, all; the other settings of the service stay, and the way back is kept."""
    said: list[str] = []

    ending = _rollout(services, Seen(api), say=said.append).carry(WAVE, RELEASE)

    assert Ending.DONE is ending
    for place in PLACES:
        service = api.services[_name(place)]
        assert {CANDIDATE: 100} == api.shares(_name(place))
        assert ("query@p", NEW, "") == (
            service.template.service_account,
            service.template.containers[0].image,
            service.template.containers[0].base_image_uri,
        )
        assert STABLE == services.look(place).previous
    shares = [line.partition(": ")[2].partition(" %")[0] for line in said if "% to" in line]
    assert ["10", "10", "50", "50", "100", "100"] == shares


def test_delivering_again_changes_nothing(api: RunDeliveryApi, services: CloudRunServices) -> None:
    """Every place says that it has the release."""
    _rollout(services, Seen(api)).carry(WAVE, RELEASE)
    updates = len([request for request in api.requests if request.method == "PATCH"])

    assert Ending.DONE is _rollout(services, Seen(api)).carry(WAVE, RELEASE)

    assert updates == len([request for request in api.requests if request.method == "PATCH"])


def test_a_bad_release_is_taken_back_everywhere(api: RunDeliveryApi, services: CloudRunServices) -> None:
    """At the share at which it shows."""
    said: list[str] = []
    bad = Seen(api, Health(1000, 300, 20.0), from_share=50)

    ending = _rollout(services, bad, say=said.append).carry(WAVE, RELEASE)

    assert Ending.ROLLED_BACK is ending
    assert [{STABLE: 100}] * 2 == [api.shares(_name(place)) for place in PLACES]
    assert [line for line in said if "FAILED at 50 %" in line]


def test_too_few_requests_hold_and_the_next_call_goes_on(api: RunDeliveryApi, services: CloudRunServices) -> None:
    """The share stays as it is until there is proof, or an operator says that silence will do."""
    quiet = Seen(api, Health(3, 0, 20.0))

    assert Ending.HELD is _rollout(services, quiet).carry(WAVE, RELEASE)
    assert {CANDIDATE: 10, STABLE: 90} == api.shares(_name(PLACES[0]))
    assert Ending.DONE is _rollout(services, quiet, passes_unproven=True).carry(WAVE, RELEASE)
    assert {CANDIDATE: 100} == api.shares(_name(PLACES[0]))


def test_a_revision_that_does_not_start_gets_no_traffic(api: RunDeliveryApi, services: CloudRunServices) -> None:
    """And its reason is told."""
    api.broken.add(NEW)

    with pytest.raises(DeploymentFailed, match="exited with 1"):
        _rollout(services, Seen(api)).carry(WAVE, RELEASE)

    assert {STABLE: 100} == api.shares(_name(PLACES[0]))


def test_a_change_that_never_ends_is_not_waited_for(services: CloudRunServices, api: RunDeliveryApi) -> None:
    """It is named."""
    endless = RunDeliveryApi(settles_after=10_000)
    for place in PLACES:
        endless.deploy(_name(place), OLD)
    with (
        connected(endless, ServicesClient) as client,
        pytest.raises(DeploymentFailed, match="europe-west2: no change came to its end in 10 s"),
    ):
        _rollout(CloudRunServices("p", client), Seen(endless)).carry(WAVE, RELEASE)
    assert {STABLE: 100} == {services.look(PLACES[0]).newest: 100}
    assert api.services


def test_a_crash_at_any_request_is_gone_on_from() -> None:
    """Fail the 1st, 2nd, … request for good: the next run brings the release to its end, with one new revision."""
    place, wave = PLACES[0], Wave(1, "one region", PLACES[:1])
    for at_request in range(1, 200):
        api = RunDeliveryApi(settles_after=0)
        api.deploy(_name(place), OLD)
        with connected(api, ServicesClient) as client:
            services, crash = CloudRunServices("p", client), _Crash(api, at_request)
            crashed = False
            try:
                _rollout(crash_on(services, crash), Seen(api)).carry(wave, RELEASE)
            except DependencyUnavailable:
                crashed = True
            assert Ending.DONE is _rollout(services, Seen(api)).carry(wave, RELEASE)
        assert {CANDIDATE: 100} == api.shares(_name(place)), at_request
        assert 2 == len(api.revisions[_name(place)])
        if not crashed:
            break
    assert at_request > 8


def test_rollback_by_hand(api: RunDeliveryApi, services: CloudRunServices) -> None:
    """Back to what was there; again changes nothing; where nothing was before, nothing is done."""
    rollout = _rollout(services, Seen(api))
    assert [] == rollout.back(PLACES)
    rollout.carry(WAVE, RELEASE)

    assert list(PLACES) == rollout.back(PLACES)
    assert [] == rollout.back(PLACES)

    assert [{STABLE: 100}] * 2 == [api.shares(_name(place)) for place in PLACES]


def test_a_service_that_is_not_there_is_named(services: CloudRunServices) -> None:
    """With who makes it."""
    with pytest.raises(NotFound, match="stream in us-west1 does not exist; Terraform makes it"):
        services.look(Place("stream", "stream", "us-west1"))


class _Crash:
    """Fails one call of the services, before or after its effect in turns."""

    def __init__(self, api: RunDeliveryApi, at_call: int) -> None:
        self.api, self.at_call, self.calls = api, at_call, 0


def crash_on(services: CloudRunServices, crash: _Crash) -> CloudRunServices:
    """The same services, failing where the crash says."""

    class Failing(CloudRunServices):
        def __getattribute__(self, name: str) -> object:
            method = getattr(services, name)
            if name not in {"look", "add", "share"}:
                return method

            def call(*arguments: object) -> object:
                crash.calls += 1
                if crash.calls == crash.at_call and crash.at_call % 2:
                    raise DependencyUnavailable("before")
                result = method(*arguments)
                if crash.calls == crash.at_call:
                    raise DependencyUnavailable("after")
                return result

            return call

    return object.__new__(Failing)
