"""A function under functions-framework leaves no worker behind."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from swell.local.server import LOOPBACK, free_port
from tests.contracts.polling import wait_until

FUNCTION = """
import os
async def whose(_):
    return {"worker": os.getpid(), "parent": os.getppid()}
"""


def answer(url: str) -> dict[str, int] | None:
    """What the function says, once it does."""
    try:
        told: dict[str, int] = httpx.get(url, timeout=5, trust_env=False).json()
    except httpx.TransportError:
        return None
    return told


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_worker_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """A uvicorn worker of gunicorn does not look after its parent."""
    source, port = tmp_path / "main.py", free_port()
    source.write_text(FUNCTION)
    command = [
        *(sys.executable, "-m", "swell.local.framework_process", "--source", str(source), "--target", "whose"),
        *("--signature-type", "http"),  # not what another function of this process has left in the environment
        *("--host", LOOPBACK, "--port", str(port), "--asgi"),
    ]
    parent = subprocess.Popen(command)
    try:
        wait_until(lambda: answer(f"http://{LOOPBACK}:{port}/") is not None)
        told = answer(f"http://{LOOPBACK}:{port}/")
    finally:
        parent.kill()
        parent.wait()

    assert told is not None
    assert told["parent"] == parent.pid
    wait_until(lambda: answer(f"http://{LOOPBACK}:{port}/") is None)
