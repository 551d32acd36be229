"""The image of the functions, and the build that makes and delivers it: what can be known of them without an engine."""

import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.topology import load_topology
from shared.topology.loading import TOPOLOGY_FILE
from tests.deploy.booting import PYTHON, SITE, free_port

ROOT = TOPOLOGY_FILE.parent
LINES = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
STAGES = [index for index, line in enumerate(LINES) if line.startswith("FROM ")]
LAST = LINES[STAGES[-1] :]


def test_it_runs_without_privileges_on_one_named_base() -> None:
    """Every stage has the same release of Python; the last one ends as a user that is not root."""
    assert 1 == len({line.split()[1] for line in LINES if line.startswith("FROM ")})
    for index in STAGES:
        assert re.fullmatch(r"FROM [\w/.-]+:\d+\.\d+\.\d+[\w.-]*( AS \w+)?", LINES[index])
    assert ["10001"] == [line.split()[1] for line in LAST if line.startswith("USER ")]
    assert "USER " not in "\n".join(LAST[next(i for i, line in enumerate(LAST) if line.startswith("USER ")) + 1 :])


def test_no_compiler_is_in_it() -> None:
    """What builds stays in the stage that builds."""
    assert [] == [line for line in LAST if "apt-get" in line or "pip install" in line]


def test_it_is_written_as_linters_of_dockerfiles_want_it() -> None:
    """Rules of hadolint that apply: what is installed is cleaned up, and commands are no shell lines."""
    text = "\n".join(LINES).replace("\\\n", " ")
    steps = re.findall(r"^(?!#)([A-Z]+) (.*)$", text, re.MULTILINE)
    by_name = {name: [rest for each, rest in steps if each == name] for name, _ in steps}

    assert {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "CMD"} == set(by_name)
    for line in by_name["RUN"]:
        assert "sudo" not in line
        assert "curl" not in line, "nothing is fetched that no lock names"
        if "apt-get install" in line:
            assert "--no-install-recommends" in line
            assert "apt-get update" in line
            assert "rm -rf /var/lib/apt/lists" in line
        if "pip install" in line:
            assert "--no-cache-dir" in line
            assert "--requirement requirements.txt" in line
    assert all(path.startswith("/") for path in by_name["WORKDIR"])
    [command], [health] = by_name["CMD"], by_name["HEALTHCHECK"]
    assert command.startswith("["), "a shell would not hand SIGTERM on"
    assert re.search(r"--interval=\d+s .*--timeout=\d+s .*CMD \[", health)
    assert not [line for line in by_name["ENV"] if re.search(r"KEY|SECRET|TOKEN|PASSWORD", line)]
    assert all("-slim-" in base for base in by_name["FROM"])


def test_the_build_says_what_is_in_the_image() -> None:
    """A list of its parts and how it was made go with it, and its digest is what is scanned and delivered."""
    build = (ROOT / "cloudbuild.yaml").read_text(encoding="utf-8")

    assert "--sbom=true --provenance=mode=max" in build
    assert "containerimage.digest" in build
    assert ":latest" not in build


def test_it_is_made_from_files_that_exist() -> None:
    """All that is copied is let in, and all that is let in is copied."""
    let_in = re.findall(r"^!(\S+)$", (ROOT / "Dockerfile.dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE)
    copied = [
        name for line in LINES if line.startswith("COPY ") and "--from" not in line for name in line.split()[1:-1]
    ]

    assert sorted(let_in) == sorted(copied)
    assert [name for name in let_in if not (ROOT / name).exists()] == []


def test_annoy_gets_the_flags_of_the_topology() -> None:
    """The command that reads them out of topology.yaml finds them."""
    found = re.search(r'ANNOY_COMPILER_ARGS="\$\((sed .*)\)"', "\n".join(LINES))
    assert found

    done = subprocess.run(["sh", "-c", found[1]], cwd=ROOT, capture_output=True, text=True, check=True)

    assert load_topology().build_environment["ANNOY_COMPILER_ARGS"] == done.stdout.strip()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder laid out as the image's /swell."""
    folder = tmp_path / "swell"
    folder.mkdir()
    for name in ("functions", "shared", TOPOLOGY_FILE.name):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "tools" / "start_function.py", folder)
    return folder


def _is_healthy(image: Path, environment: dict[str, str]) -> bool:
    check = [*PYTHON, "start_function.py", "--check"]
    return subprocess.run(check, cwd=image, env={**SITE, **environment}, check=False).returncode == 0


def test_it_starts_what_it_is_told_and_is_healthy(image: Path, tmp_path: Path) -> None:
    """The command becomes the server; the health check says when it answers, and when nothing does."""
    environment = {
        "FUNCTION_TARGET": "query",
        "PORT": str(free_port()),
        "SWELL_RUNTIME": "embedded",
        "SWELL_DATA_DIR": str(tmp_path / "data"),
    }
    assert not _is_healthy(image, environment)

    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [*PYTHON, "start_function.py"],
            cwd=image,
            env={**SITE, **environment},
            stdout=log,
            stderr=log,
            start_new_session=True,  # gunicorn forks: the whole group is ended
        )
    try:
        assert any(_is_healthy(image, environment) for _ in range(100)), (tmp_path / "log").read_text()
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_a_function_that_there_is_not_is_named(image: Path) -> None:
    """With those that there are."""
    environment = {**SITE, "FUNCTION_TARGET": "nonesuch"}
    command = [*PYTHON, "start_function.py"]
    done = subprocess.run(command, cwd=image, env=environment, capture_output=True, text=True, check=False)

    known = ", ".join(sorted(load_topology().functions))
    assert (1, f"FUNCTION_TARGET: got 'nonesuch', allowed: {known}\n") == (done.returncode, done.stderr)


def test_every_function_is_started_as_its_kind(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the topology declares it."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    start_function = importlib.import_module("start_function")

    for name, function in load_topology().functions.items():
        command: list[str] = start_function._command(image / "functions" / name)
        if function.interface == "server":
            assert ["-m", f"functions.{name}.main"] == command
        else:
            assert [name, function.signature_type] == [command[5], command[7]]


def test_the_build_fits_the_published_schema_and_delivers_last() -> None:
    """Nothing is delivered that was not tested, built once and looked through; nothing runs of an unnamed release."""
    checker = str(Path(sys.executable).with_name("check-jsonschema"))
    command = [checker, "--builtin-schema", "vendor.cloudbuild", str(ROOT / "cloudbuild.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    build: dict[str, Any] = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text(encoding="utf-8"))

    assert 0 == done.returncode, done.stdout
    assert ["test", "build", "scan", "deliver"] == [step["id"] for step in build["steps"]]
    assert ".ci/run" in build["steps"][0]["args"][1]
    assert "swell deploy scan" in build["steps"][2]["args"][1]
    for step in build["steps"]:
        assert "waitFor" not in step  # in this order, each after the one before
        assert re.search(r":\d+\.\d+\.\d+$", step["name"]) or step["name"] == "gcr.io/cloud-builders/docker"
