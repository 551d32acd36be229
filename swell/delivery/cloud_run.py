"""Revisions and shares of traffic through the Cloud Run Admin API v2.

The revision that was in place before keeps a target without traffic under the tag `previous`: so the service itself
says what to go back to.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from google.api_core import exceptions
from google.cloud import run_v2
from google.cloud.run_v2.types import Condition, TrafficTarget, TrafficTargetAllocationType
from google.protobuf.field_mask_pb2 import FieldMask

from shared.adapters.google.attempts import ATTEMPT_TIMEOUT_S, RETRY
from shared.adapters.google.failures import dependency_errors
from shared.errors import DependencyUnavailable, NotFound
from swell.delivery.release import Place
from swell.delivery.services import Deployed

CANDIDATE: Final = "candidate"
PREVIOUS: Final = "previous"
_BY_REVISION: Final = TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION


class CloudRunServices:
    """The services of a project."""

    def __init__(self, project: str, client: run_v2.ServicesClient | None = None) -> None:
        self._project = project
        self._client = client or run_v2.ServicesClient()

    def look(self, place: Place) -> Deployed:
        """As the protocol."""
        return _deployed(self._get(place))

    def add(self, place: Place, image: str, revision: str) -> None:
        """As the protocol."""
        service = self._get(place)
        template = run_v2.RevisionTemplate(service.template)
        template.revision = revision
        template.containers[0].image = image
        template.containers[0].base_image_uri = ""  # an image of our own has its own base
        kept = _targets(_deployed(service).shares)
        traffic = [*kept, TrafficTarget(type_=_BY_REVISION, revision=revision, percent=0, tag=CANDIDATE)]
        changed = run_v2.Service(name=service.name, template=template, traffic=traffic, etag=service.etag)
        self._update(place, changed, ["template", "traffic"])

    def share(self, place: Place, shares: Mapping[str, int], previous: str) -> None:
        """As the protocol."""
        service = self._get(place)
        targets = _targets(shares)
        targets.append(TrafficTarget(type_=_BY_REVISION, revision=previous, percent=0, tag=PREVIOUS))
        self._update(place, run_v2.Service(name=service.name, traffic=targets, etag=service.etag), ["traffic"])

    def _get(self, place: Place) -> run_v2.Service:
        name = self._client.service_path(self._project, place.region, place.service)
        with _errors(place):
            return self._client.get_service(name=name, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)

    def _update(self, place: Place, service: run_v2.Service, changed: list[str]) -> None:
        request = run_v2.UpdateServiceRequest(service=service, update_mask=FieldMask(paths=changed))
        with _errors(place):
            self._client.update_service(request=request, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)


def _deployed(service: run_v2.Service) -> Deployed:
    newest = _short(service.latest_created_revision)
    shares: dict[str, int] = {}
    for target in service.traffic:
        revision = target.revision if target.type_ == _BY_REVISION else _short(service.latest_ready_revision)
        if target.percent:
            shares[revision] = shares.get(revision, 0) + target.percent
    previous = next((target.revision for target in service.traffic if target.tag == PREVIOUS), None)
    condition = service.terminal_condition
    failed = condition.state == Condition.State.CONDITION_FAILED and not service.reconciling
    return Deployed(shares, previous, newest, service.reconciling, condition.message if failed else None)


def _targets(shares: Mapping[str, int]) -> list[TrafficTarget]:
    return [
        TrafficTarget(type_=_BY_REVISION, revision=revision, percent=percent) for revision, percent in shares.items()
    ]


def _short(revision: str) -> str:
    return revision.rpartition("/")[2]


@contextmanager
def _errors(place: Place) -> Iterator[None]:
    with dependency_errors(f"Cloud Run in {place.region}"):
        try:
            yield
        except exceptions.NotFound as error:
            raise NotFound(f"{place.label} does not exist; Terraform makes it") from error
        except exceptions.Conflict as error:  # another change is under way, or the service changed since it was read
            raise DependencyUnavailable(f"{place.label}: {error}") from error
