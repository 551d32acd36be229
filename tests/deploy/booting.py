"""Running an unpacked bundle the way the platform does: its own folder, site-packages, an empty environment."""

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from shared.topology import Function

# -S leaves out .pth files: through the one of the editable install, a bundle would find this checkout's `shared`.
PYTHON = (sys.executable, "-S")
SITE = {"PYTHONPATH": os.pathsep.join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})}
START_DEADLINE_S = 30


def run_in(folder: Path, *arguments: str) -> str:
    """Return what Python prints, run in the folder with an empty environment."""
    done = subprocess.run([*PYTHON, *arguments], cwd=folder, env=SITE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def served(folder: Path, target: str, function: Function, environment: Mapping[str, str]) -> Iterator[httpx.Client]:
    """Serve a bundle as the platform does for the length of a block; yields a client of it."""
    port = free_port()
    options = ["--target", target, "--signature-type", function.signature_type]
    framework = ["-m", "functions_framework", *options, "--host", "127.0.0.1", "--port", str(port)]
    command = ["main.py"] if function.interface == "server" else framework
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*PYTHON, *command],
            cwd=folder,
            env={**SITE, "SWELL_PORT": str(port), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # gunicorn forks: the whole group is ended
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=START_DEADLINE_S) as client:
                _wait_until_it_answers(client, server, folder / "server.log")
                yield client
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(client: httpx.Client, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            client.get("/")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"no answer in {START_DEADLINE_S} s:\n{log.read_text()}")
