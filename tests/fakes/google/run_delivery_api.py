"""Revisions and traffic of the Cloud Run Admin API v2 over REST, speaking the client's own messages; nothing runs."""

import json
from typing import Final

from google.cloud.run_v2.types import Condition, Service, TrafficTarget, TrafficTargetAllocationType

from tests.fakes.google.rest_server import ApiError, Request, RestApi

_LATEST: Final = TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
_STATE: Final = Condition.State


class RunDeliveryApi(RestApi):
    """Keeps services by resource name.

    `broken` images never become ready; a change settles after `settles_after` looks.
    An update takes the fields of its mask and no others; a revision's name is used once; shares make 100.
    """

    def __init__(self, *, settles_after: int = 1) -> None:
        super().__init__()
        self.services: dict[str, Service] = {}
        self.revisions: dict[str, dict[str, str]] = {}
        self.broken: set[str] = set()
        self._settles_after = settles_after
        self._looks_left: dict[str, int] = {}

    def deploy(self, name: str, image: str) -> None:
        """Make a service, as Terraform does: all traffic to the latest revision."""
        first = f"{name.rpartition('/')[2]}-00001"
        self.revisions[name] = {first: image}
        self.services[name] = Service(
            name=name,
            template={"containers": [{"image": image, "base_image_uri": "python311"}], "service_account": "query@p"},
            traffic=[{"type_": _LATEST, "percent": 100}],
            latest_ready_revision=f"{name}/revisions/{first}",
            latest_created_revision=f"{name}/revisions/{first}",
            etag="1",
            terminal_condition={"state": _STATE.CONDITION_SUCCEEDED},
        )

    def shares(self, name: str) -> dict[str, int]:
        """The traffic as it is."""
        return {target.revision: target.percent for target in self.services[name].traffic if target.percent}

    def answer(self, request: Request) -> str:
        """GetService and UpdateService."""
        name = request.path.removeprefix("/v2/")
        if name not in self.services:
            raise ApiError(404, f"{name} does not exist")
        if request.method == "GET":
            return self._look(name)
        self._update(name, Service(Service.from_json(request.body)), set(request.query["updateMask"].split(",")))
        return json.dumps({"name": f"{name.partition('/services/')[0]}/operations/o", "done": False})

    def _look(self, name: str) -> str:
        service = self.services[name]
        left = self._looks_left.get(name, 0)
        service.reconciling = left > 0
        self._looks_left[name] = max(0, left - 1)
        return str(Service.to_json(service))

    def _update(self, name: str, given: Service, mask: set[str]) -> None:
        service = self.services[name]
        if mask - {"template", "traffic"}:
            raise ApiError(400, f"a mask of {sorted(mask)} is not for a delivery")
        if given.etag != service.etag:
            raise ApiError(409, "the service changed since it was read")
        if "template" in mask:
            self._revise(name, given)
        if "traffic" in mask:
            self._direct(name, list(given.traffic))
        service.etag = str(int(service.etag) + 1)
        self._looks_left[name] = self._settles_after

    def _revise(self, name: str, given: Service) -> None:
        service, revision = self.services[name], given.template.revision
        if revision in self.revisions[name]:
            raise ApiError(409, f"revision {revision} exists")
        image = given.template.containers[0].image
        self.revisions[name][revision] = image
        service.template = given.template
        service.latest_created_revision = f"{name}/revisions/{revision}"
        if image in self.broken:
            service.terminal_condition = Condition(state=_STATE.CONDITION_FAILED, message="the container exited with 1")
        else:
            service.latest_ready_revision = service.latest_created_revision

    def _direct(self, name: str, targets: list[TrafficTarget]) -> None:
        if sum(target.percent for target in targets) != 100:
            raise ApiError(400, "shares must make 100")
        unknown = {target.revision for target in targets if target.type_ != _LATEST} - set(self.revisions[name])
        if unknown:
            raise ApiError(400, f"no such revisions: {sorted(unknown)}")
        self.services[name].traffic = targets
