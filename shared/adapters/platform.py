"""Opens what a platform offers beside stores and messages: load metrics, the fleet, one-shot jobs, workflows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from pydantic import Field

from shared.adapters.opening import Adapters
from shared.errors import ConfigurationError
from shared.ports.callbacks import Callbacks
from shared.ports.failure_counts import FailureCounts
from shared.ports.fleet import Fleet
from shared.ports.jobs import Jobs
from shared.ports.load_metrics import LoadMetrics
from shared.ports.workflow_runs import WorkflowRuns
from shared.settings import Settings
from shared.topology import Topology, load_topology

WORKFLOWS: Final = ("daily_report", "enforce_budget", "fail_over_region", "prewarm_regions", "roll_out_index")
"""The workflows that functions may start: the names of the files in `workflows/`, which no bundle has."""

LOCALLY_LATE: Final = timedelta(minutes=1)
"""A minute is reported within ten seconds of its end, which is after the tick that comes at its end."""


class PlatformSettings(Settings):
    """Which platform runs the query function."""

    platform: Literal["google", "local"] | None = Field(
        default=None,
        description="google: Cloud Run, Cloud Monitoring and Cloud Scheduler; local: processes on this machine, which "
        "report through the state store, as on emulators. Default: local in the embedded runtime, google elsewhere",
    )
    query_service: str = Field(
        default="query",
        pattern=r"^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$",
        description="Cloud Run service of the query function, of one name in every region; platform google",
    )
    control_location: str | None = Field(
        default=None,
        description="region of Cloud Scheduler and Cloud Workflows, which are not in every region; platform google. "
        "Default: the home region of topology.yaml",
    )
    region_instances: int | None = Field(
        default=None,
        ge=1,
        description="query instances that a region may have, where topology.yaml says more: a small quota, "
        "or processes on one machine",
    )
    load_report_s: float = Field(
        default=10.0,
        gt=0,
        le=20,
        description="how often a process says what it has counted; a minute of load is taken as known a minute after "
        "its end; platform local",
    )

    def query_quotas(self, topology: Topology) -> dict[str, int]:
        """The most query instances that each region may have."""
        bounds = topology.functions["query"].instances
        most = {name: bounds[region.tier].max for name, region in topology.regions.items()}
        return {name: min(quota, self.region_instances or quota) for name, quota in most.items()}

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
    callbacks: Callbacks
    failures: FailureCounts
    load_late: timedelta = timedelta(0)
    """How old the newest minute of load may be, where it is measured by others."""


def open_platform(settings: PlatformSettings, adapters: Adapters) -> Platform:
    """The platform that the settings name, importing no other."""
    return _local(settings, adapters) if settings.is_local else _google(settings, adapters)


def _google(settings: PlatformSettings, adapters: Adapters) -> Platform:
    if settings.project is None:
        raise ConfigurationError("SWELL_PLATFORM: 'google' needs SWELL_PROJECT")
    from shared.adapters.google.callbacks import GoogleWorkflowCallbacks  # noqa: PLC0415 - cold start
    from shared.adapters.google.failure_counts import CloudMonitoringFailureCounts  # noqa: PLC0415
    from shared.adapters.google.fleet import CloudRunFleet  # noqa: PLC0415
    from shared.adapters.google.jobs import CloudSchedulerJobs  # noqa: PLC0415
    from shared.adapters.google.load_metrics import LOAD_LATE, CloudMonitoringLoad  # noqa: PLC0415
    from shared.adapters.google.workflow_runs import GoogleWorkflowRuns  # noqa: PLC0415

    topology, project, clock = load_topology(), settings.project, adapters.clock
    regions = tuple(settings.buckets) or tuple(topology.regions)
    location = settings.control_location or topology.home_region
    load = CloudMonitoringLoad(project, settings.query_service, regions, clock)
    return Platform(
        metrics=load,
        fleet=CloudRunFleet(project, settings.query_service, load.instances),
        jobs=CloudSchedulerJobs(project, location, clock),
        runs=GoogleWorkflowRuns(project, location, adapters.state, clock),
        callbacks=GoogleWorkflowCallbacks(),
        failures=CloudMonitoringFailureCounts(project, clock),
        load_late=LOAD_LATE,
    )


def _local(settings: PlatformSettings, adapters: Adapters) -> Platform:
    from shared.adapters.embedded.failure_counts import LocalFailureCounts  # noqa: PLC0415 - cold start
    from shared.adapters.embedded.workflow_runs import StoredWorkflowRuns  # noqa: PLC0415
    from shared.adapters.stored.callbacks import StoredCallbacks  # noqa: PLC0415
    from shared.adapters.stored.fleet import StoredFleet  # noqa: PLC0415
    from shared.adapters.stored.jobs import StoredJobs  # noqa: PLC0415
    from shared.adapters.stored.load_metrics import StoredLoadMetrics  # noqa: PLC0415

    topology = load_topology()
    return Platform(
        metrics=StoredLoadMetrics(adapters.state, tuple(topology.regions)),
        fleet=StoredFleet(adapters.state),
        jobs=StoredJobs(adapters.state),
        runs=StoredWorkflowRuns(adapters.state, adapters.clock, WORKFLOWS),
        callbacks=StoredCallbacks(adapters.state, adapters.clock),
        failures=LocalFailureCounts(adapters.publisher, topology.topics, settings.openings_dir),
        load_late=LOCALLY_LATE,
    )
