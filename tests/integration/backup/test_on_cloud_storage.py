"""The commands on Firestore and Cloud Storage: back up to another bucket, check, restore into a new deployment."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from typer.testing import CliRunner

from shared.adapters.google.objects import GoogleObjects
from shared.adapters.google.state import FirestoreState
from shared.adapters.opening import Adapters
from swell.cli.failure import CommandFailed
from swell.cli.main import app
from swell.local.emulators import Emulators
from swell.local.provision import make_bucket
from tests.builders.pipeline import Pipeline
from tests.fakes.publisher import RecordingPublisher

EXPECTED = {"a": (1.0, 0.0), "b": (2.0, 0.0)}


def swell(*arguments: str, project: str) -> Any:
    """What a command prints with --json."""
    done = CliRunner().invoke(app, [*arguments, "--project", project, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return orjson.loads(done.stdout)


@pytest.fixture
def bucket(emulators: Emulators, google_project: str) -> str:
    """Where the deployment's objects are; `-backups` and `-new` are there too."""
    name = f"backup-{uuid4().hex[:8]}"
    for each in (name, f"{name}-backups", f"{name}-new"):
        make_bucket(emulators.environment["STORAGE_EMULATOR_HOST"], google_project, each)
    return name


def pipeline_in(project: str, bucket: str, directory: Path) -> Pipeline:
    """A deployment that declares its collection `c`."""
    publisher = RecordingPublisher()
    return Pipeline(Adapters(FirestoreState(project), GoogleObjects(project, bucket), publisher), publisher, directory)


@pytest.mark.emulators
def test_a_backup_in_a_bucket_brings_everything_back(google_project: str, bucket: str, tmp_path: Path) -> None:
    """The second backup brings only what is new; a damaged object is found by its checksum."""
    place, new_project = f"gs://{bucket}-backups", f"{google_project}-new"
    live = pipeline_in(google_project, bucket, tmp_path)
    live.upsert({"a": [1, 0]})
    live.deliver_all()
    first = swell("backup", "create", place, "--bucket", bucket, project=google_project)
    live.upsert({"b": [2, 0]})
    live.deliver_all()
    second = swell("backup", "create", place, "--bucket", bucket, project=google_project)
    live.upsert({"late": [9, 9]})
    live.deliver_all()

    listed = swell("backup", "list", place, "--bucket", bucket, project=google_project)["backups"]
    checked = swell("backup", "verify", place, project=google_project)
    swell("restore", place, "--bucket", f"{bucket}-new", project=new_project)

    assert second["reused_bytes"] > 0
    assert {each["id"]: each["versions_lost"] for each in listed} == {first["id"]: 2, second["id"]: 1}
    assert (checked["id"], checked["whole"]) == (second["id"], True)
    restored = pipeline_in(new_project, f"{bucket}-new", tmp_path / "new")
    assert restored.contents(["a", "b", "late"]) == EXPECTED

    backups = GoogleObjects(google_project, f"{bucket}-backups")
    damaged = next(info.name for info in backups.list("") if "/segments/" in info.name)
    backups.put(damaged, b"x" * len(backups.read(damaged)))
    with pytest.raises(CommandFailed, match="is damaged"):
        swell("backup", "verify", place, project=google_project)
