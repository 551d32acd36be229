"""Which platform the settings open."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.adapters.google.fleet import CloudRunFleet
from shared.adapters.google.jobs import CloudSchedulerJobs
from shared.adapters.google.load_metrics import CloudMonitoringLoad
from shared.adapters.google.workflow_runs import GoogleWorkflowRuns
from shared.adapters.opening import Adapters
from shared.adapters.platform import PlatformSettings, open_platform
from shared.adapters.stored.fleet import StoredFleet
from shared.errors import ConfigurationError
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

ADAPTERS = Adapters(InMemoryState(), InMemoryObjects(), RecordingPublisher())


def test_google_is_cloud_run_scheduler_monitoring_and_workflows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default where the runtime is Google; opening asks nobody anything."""
    who = tmp_path / "credentials.json"
    user = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "t"}
    who.write_text(json.dumps(user))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(who))

    platform = open_platform(PlatformSettings(runtime="google", project="p", bucket="b"), ADAPTERS)

    assert [CloudRunFleet, CloudSchedulerJobs, CloudMonitoringLoad, GoogleWorkflowRuns] == [
        type(port) for port in (platform.fleet, platform.jobs, platform.metrics, platform.runs)
    ]
    assert platform.callbacks.allows("https://workflowexecutions.googleapis.com/v1/projects/p")
    assert isinstance(platform.metrics, CloudMonitoringLoad)
    platform.metrics.close()


def test_processes_on_this_machine_are_local(tmp_path: Path) -> None:
    """By default when embedded, and where it is asked for, as on emulators."""
    for settings in (
        PlatformSettings(runtime="embedded", data_dir=tmp_path),
        PlatformSettings(runtime="google", project="p", bucket="b", platform="local"),
    ):
        assert isinstance(open_platform(settings, ADAPTERS).fleet, StoredFleet)


def test_a_platform_that_lacks_its_project_is_refused(tmp_path: Path) -> None:
    """Cloud Run is of a project."""
    settings = PlatformSettings(runtime="embedded", data_dir=tmp_path, platform="google")

    with pytest.raises(ConfigurationError, match="SWELL_PROJECT"):
        open_platform(settings, ADAPTERS)


@pytest.mark.parametrize("name", ["", "Query", "a/b", '"', "a" * 50])
def test_a_service_name_is_one_of_cloud_run(name: str) -> None:
    """It goes into resource names and filters."""
    with pytest.raises(ValidationError):
        PlatformSettings(runtime="google", project="p", bucket="b", query_service=name)
