"""Opens what a platform offers beside stores and messages: load metrics, the fleet, one-shot jobs, workflows."""

from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from shared.adapters.opening import Adapters
from shared.errors import ConfigurationError
from shared.ports.fleet import Fleet
from shared.ports.jobs import Jobs
from shared.ports.load_metrics import LoadMetrics
from shared.ports.workflow_runs import WorkflowRuns
from shared.settings import Settings
from shared.topology import load_topology

WORKFLOWS: Final = ("fail_over_region", "prewarm_regions")
"""The workflows that functions start, as they are named in `workflows/`."""


class PlatformSettings(Settings):
    """Which platform runs the query function."""

    platform: Literal["google", "local"] | None = Field(
        default=None,
        description="google: Cloud Run, Cloud Monitoring and Cloud Scheduler; local: processes on this machine, which "
        "report through the state store, as on emulators. Default: local in the embedded runtime, google elsewhere",
    )

    @property
    def is_local(self) -> bool:
        """Whether the query function runs as processes on this machine."""
        return (self.platform or ("local" if self.runtime == "embedded" else "google")) == "local"


@dataclass(frozen=True)
class Platform:
    """What the functions that expect crowds need beside `Adapters`."""

    metrics: LoadMetrics
    fleet: Fleet
    jobs: Jobs
    runs: WorkflowRuns


def open_platform(settings: PlatformSettings, adapters: Adapters) -> Platform:
    """The platform that the settings name, importing no other."""
    if not settings.is_local:
        raise ConfigurationError("SWELL_PLATFORM: got 'google', allowed: local")
    from shared.adapters.embedded.workflow_runs import StoredWorkflowRuns  # noqa: PLC0415 - cold start
    from shared.adapters.stored.fleet import StoredFleet  # noqa: PLC0415
    from shared.adapters.stored.jobs import StoredJobs  # noqa: PLC0415
    from shared.adapters.stored.load_metrics import StoredLoadMetrics  # noqa: PLC0415

    regions = tuple(load_topology().regions)
    return Platform(
        metrics=StoredLoadMetrics(adapters.state, regions),
        fleet=StoredFleet(adapters.state),
        jobs=StoredJobs(adapters.state),
        runs=StoredWorkflowRuns(adapters.state, adapters.clock, WORKFLOWS),
    )
