"""The containers for people with Docker: checked offline, since no test here can start them."""

import re
from typing import Any

import pytest
import yaml

from shared.topology.loading import TOPOLOGY_FILE
from tests.deploy.compose_rules import problems

ROOT = TOPOLOGY_FILE.parent
TEXT = (ROOT / "emulator-compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]
# Google's own client variables, what names the project, and where objects are.
VARIABLES = {
    "PUBSUB_EMULATOR_HOST",
    "FIRESTORE_EMULATOR_HOST",
    "STORAGE_EMULATOR_HOST",
    "GOOGLE_CLOUD_PROJECT",
    "SWELL_BUCKET",
}


@pytest.mark.parametrize("environment", [{}, {"SWELL_PORT": "9090"}], ids=["nothing set", "another port"])
def test_the_file_can_be_started(environment: dict[str, str]) -> None:
    """It is valid Compose, complete in itself, pinned, and open to this machine only."""
    assert problems(TEXT, environment) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("image: alpine", "imagee: alpine", "schema:"),
        ("service_healthy", "service_healty", "schema:"),
        ("pubsub: {condition", "pub: {condition", "swell: needs pub, which is not a service"),
        ("service:front", "service:door", "pubsub: needs door, which is not a service"),
        ("127.0.0.1:${SWELL_PORT:-8080}:8080", "8080:8080", "front: port 8080:8080 is open to the network"),
        ("socat:1.8.0.3", "socat:latest", "front: image alpine/socat:latest names no release"),
        ("${SWELL_PORT:-8080}", "${SWELL_PORT}", "variable SWELL_PORT has no value and no default"),
        (
            "    healthcheck:\n      test: [CMD, curl",
            "    x-not:\n      test: [CMD, curl",
            "pubsub: has no health check",
        ),
    ],
)
def test_the_check_sees_a_seeded_fault(old: str, new: str, problem: str) -> None:
    """Each rule of the check fails on a file that breaks it."""
    assert old in TEXT

    found = problems(TEXT.replace(old, new), {})

    assert any(line.startswith(problem) for line in found), found


def test_swell_gets_the_addresses_at_which_the_emulators_listen() -> None:
    """Every emulator address that is given to swell is the one its container was told to listen at."""
    environment = SERVICES["swell"]["environment"]
    commands = {name: " ".join(SERVICES[name]["command"]) for name in ("pubsub", "firestore", "storage")}

    assert set(environment) == VARIABLES
    assert f"--host-port={environment['PUBSUB_EMULATOR_HOST']}" in commands["pubsub"]
    assert f"--host-port={environment['FIRESTORE_EMULATOR_HOST']}" in commands["firestore"]
    assert f"-external-url={environment['STORAGE_EMULATOR_HOST']}" in commands["storage"]


def test_the_image_runs_without_privileges() -> None:
    """The last stage ends as a user that is not root, and every base is one release."""
    lines = (ROOT / "Dockerfile.emulators").read_text(encoding="utf-8").splitlines()

    stages = [index for index, line in enumerate(lines) if line.startswith("FROM ")]
    users = [line.split()[1] for line in lines[stages[-1] :] if line.startswith("USER ")]

    assert users == ["10001"]
    for index in stages:
        assert re.fullmatch(r"FROM [\w/.-]+:\d+\.\d+\.\d+[\w.-]*( AS \w+)?", lines[index])


def test_the_image_is_made_from_files_that_exist() -> None:
    """The include-list has no leftover, and lets in what ./dev needs to set up."""
    listed = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert [name for name in listed if not (ROOT / name).exists()] == []
    assert {"dev", "tools", "pyproject.toml", "requirements-dev.lock", TOPOLOGY_FILE.name} <= set(listed)
