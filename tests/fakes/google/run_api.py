"""Services of the Cloud Run Admin API v2 over REST, speaking the client's own messages; nothing runs."""

import json
from typing import Final

from google.cloud.run_v2.types import Service, ServiceScaling

from tests.fakes.google.rest_server import ApiError, Request, RestApi

_MASK: Final = {
    "scaling.scalingMode": "scaling_mode",
    "scaling.minInstanceCount": "min_instance_count",
    "scaling.maxInstanceCount": "max_instance_count",
    "scaling.manualInstanceCount": "manual_instance_count",
}


class RunApi(RestApi):
    """Keeps services by name. An update takes the fields of its mask, and no others, as the API does."""

    def __init__(self) -> None:
        super().__init__()
        self.services: dict[str, Service] = {}
        self.revisions = 0

    def deploy(self, name: str, *, template_max: int = 0) -> None:
        """Make a service of this resource name."""
        template = {"scaling": {"max_instance_count": template_max}}
        self.services[name] = Service(name=name, template=template, etag="kept")

    def answer(self, request: Request) -> str:
        """GetService and UpdateService; an update is an operation that goes on and on."""
        name = request.path.removeprefix("/v2/")
        if name not in self.services:
            raise ApiError(404, f"{name} does not exist")
        if request.method == "GET":
            return str(Service.to_json(self.services[name]))
        given = Service.from_json(request.body)
        scaling = ServiceScaling(self.services[name].scaling)
        for path in request.query.get("updateMask", "").split(","):
            if path not in _MASK:
                raise ApiError(400, f"a mask of {path!r} makes a revision")
            setattr(scaling, _MASK[path], getattr(given.scaling, _MASK[path]))
        if scaling.scaling_mode == ServiceScaling.ScalingMode.AUTOMATIC and (
            0 < scaling.max_instance_count < scaling.min_instance_count
        ):
            raise ApiError(400, "min_instance_count must be at most max_instance_count")
        self.services[name].scaling = scaling
        return json.dumps({"name": f"{name.partition('/services/')[0]}/operations/o", "done": False})
