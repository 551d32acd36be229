"""The fleet on Cloud Run: the query service of each region, its bounds set at the service, not in a revision.

A change of `service.scaling` makes no new revision and starts nothing anew, as one of `template.scaling` would.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from google.api_core import exceptions
from google.cloud import run_v2
from google.cloud.run_v2.types import ServiceScaling
from google.protobuf.field_mask_pb2 import FieldMask

from shared.adapters.google.attempts import ATTEMPT_TIMEOUT_S, RETRY
from shared.adapters.google.failures import dependency_errors
from shared.errors import DependencyUnavailable, NotFound
from shared.ports.fleet import FleetSize

DEFAULT_MAX_INSTANCES: Final = 100
"""What Cloud Run takes where no maximum is set (run.v2 RevisionScaling)."""
_CHANGED: Final = FieldMask(
    paths=[
        "scaling.scaling_mode",
        "scaling.min_instance_count",
        "scaling.max_instance_count",
        "scaling.manual_instance_count",
    ]
)


class CloudRunFleet:
    """The services of one name in the regions of a project.

    Cloud Run does not tell how many instances are ready. `instances` does, minutes late, by region; a region that it
    does not name has none. While it cannot be asked, readiness is not known.
    """

    def __init__(
        self,
        project: str,
        service: str,
        instances: Callable[[], Mapping[str, int]],
        client: run_v2.ServicesClient | None = None,
    ) -> None:
        self._project = project
        self._service = service
        self._instances = instances
        self._client = client or run_v2.ServicesClient()

    def size(self, region: str) -> FleetSize:
        """What a region is set to now.

        Raises:
            NotFound: the function is not deployed there.
        """
        with _errors(region):
            found = self._client.get_service(name=self._name(region), retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)
        scaling = found.scaling
        if scaling.scaling_mode == ServiceScaling.ScalingMode.MANUAL:
            return FleetSize(scaling.manual_instance_count, scaling.manual_instance_count, self._ready(region))
        most = scaling.max_instance_count or found.template.scaling.max_instance_count or DEFAULT_MAX_INSTANCES
        return FleetSize(scaling.min_instance_count, most, self._ready(region))

    def resize(self, region: str, *, min_instances: int, max_instances: int) -> None:
        """Set a region to these bounds; returns when Cloud Run has taken it, and does not wait for the operation.

        Raises:
            NotFound: the function is not deployed there.
        """
        service = run_v2.Service(name=self._name(region), scaling=_scaling(min_instances, max_instances))
        request = run_v2.UpdateServiceRequest(service=service, update_mask=_CHANGED)
        with _errors(region):
            self._client.update_service(request=request, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)

    def _ready(self, region: str) -> int | None:
        try:
            return self._instances().get(region, 0)
        except DependencyUnavailable:
            return None

    def _name(self, region: str) -> str:
        return self._client.service_path(self._project, region, self._service)


def _scaling(least: int, most: int) -> ServiceScaling:
    """No instances at all is manual scaling to none: a maximum of 0 means that there is no maximum."""
    if most == 0:
        return ServiceScaling(scaling_mode=ServiceScaling.ScalingMode.MANUAL, manual_instance_count=0)
    return ServiceScaling(
        scaling_mode=ServiceScaling.ScalingMode.AUTOMATIC, min_instance_count=least, max_instance_count=most
    )


@contextmanager
def _errors(region: str) -> Iterator[None]:
    with dependency_errors(f"Cloud Run in {region}"):
        try:
            yield
        except exceptions.NotFound as error:
            raise NotFound(f"the query function is not deployed in region {region!r}") from error
        except exceptions.Conflict as error:  # another change of the service is under way
            raise DependencyUnavailable(f"Cloud Run in {region}: {error}") from error
