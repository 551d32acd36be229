"""`swell keys` beside a running Swell: the first key closes the door, a revoked one opens nothing."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from shared.adapters.embedded.workflow_runs import StoredWorkflowRuns
from shared.adapters.opening import open_adapters
from shared.settings import Settings
from swell.local.embedded import run_embedded


def _swell(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "swell", "keys", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def _document(*arguments: str) -> Any:
    finished = _swell(*arguments, "--json")
    assert 0 == finished.returncode, finished.stderr
    return json.loads(finished.stdout)


def _becomes(status: int, url: str, headers: dict[str, str] | None = None) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if httpx.get(f"{url}/v1/collections", headers=headers, trust_env=False).status_code == status:
            return True
        time.sleep(0.1)
    return False


def _workflow_error(data: Path) -> int:
    """The status by which an execution ended that asked after a region which is not there."""
    adapters = open_adapters(Settings(runtime="embedded", data_dir=data))
    runs = StoredWorkflowRuns(adapters.state, adapters.clock, ["fail_over_region"])
    run = runs.start("fail_over_region", {"id": "loss-1", "from_region": "nowhere"}, name="loss-1")
    deadline = time.monotonic() + 60
    while not run.state.is_final and time.monotonic() < deadline:
        time.sleep(0.1)
        run = runs.get("fail_over_region", run.id)
    assert run.error is not None, run
    status: int = run.error["code"]
    return status


def test_a_key_is_made_used_listed_and_revoked(tmp_path: Path) -> None:
    """Without a key this machine is served; from the first one on, only who has one, and until it is revoked."""
    data_dir = tmp_path / "data"
    data = ("--data", str(data_dir))
    with run_embedded(data_dir) as running:
        open_before = _becomes(200, running.url)
        created = _document("create", "ci", "--scope", "read", "--scope", "admin", "--tenant", "acme", *data)
        headers = {"Authorization": f"Bearer {created['key']}"}
        closed = _becomes(401, running.url)
        opens = _becomes(200, running.url, headers)
        listed = _document("list", *data)["keys"]
        asked = _workflow_error(data_dir)
        _document("revoke", created["id"], *data)
        opens_nothing = _becomes(401, running.url, headers)

    assert (True, True, True, True) == (open_before, closed, opens, opens_nothing)
    assert 404 == asked  # workflows are let in by tokens of their own, and there is no such region
    assert [("acme", ["admin", "read"], "standard")] == [(one["tenant"], one["scopes"], one["tier"]) for one in listed]
    assert created["key"] not in json.dumps(listed)
    assert 0o700 == data_dir.stat().st_mode & 0o777  # other users of this machine have no business here
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert created["key"].encode() not in kept


def test_a_person_sees_the_key_once_and_a_table_later(tmp_path: Path) -> None:
    """The text form prints the key first, so that it can be piped; the list shows ids and labels."""
    created = _swell("create", "my laptop", "--scope", "read", "--prefix", "notes-", "--data", str(tmp_path))
    listed = _swell("list", "--data", str(tmp_path))

    text = created.stdout.splitlines()[0]
    assert text.startswith("swl_")
    assert text.split("_")[1] in listed.stdout
    assert "my laptop" in listed.stdout
    assert "notes-…" in listed.stdout
    assert text not in listed.stdout


def test_mistakes_are_explained(tmp_path: Path) -> None:
    """A directory without Swell, an unknown id, a tenant that cannot be: one sentence and an exit code."""
    data = ("--data", str(tmp_path / "here"))
    nothing = _swell("list", "--data", str(tmp_path / "nowhere"))
    tenant = _swell("create", "x", "--scope", "read", "--tenant", "Ab.c", *data)
    prefix = _swell("create", "x", "--scope", "read", "--prefix", "Ab.c", *data)
    _swell("create", "x", "--scope", "read", *data)
    unknown = _swell("revoke", "0123456789abcdef", *data)

    assert (1, 2, 2, 1) == (nothing.returncode, tenant.returncode, prefix.returncode, unknown.returncode)
    assert "holds no Swell" in nothing.stderr
    assert "allowed: names matching" in tenant.stderr.replace("\n", " ")
    assert "key '0123456789abcdef' does not exist" in unknown.stderr
