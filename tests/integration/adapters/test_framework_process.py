"""A function under functions-framework leaves no worker behind."""

import subprocess
import sys
from functools import partial
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
    """What the function says, once it does; None where somebody else has the port."""
    try:
        told: dict[str, int] = httpx.get(url, timeout=5, trust_env=False).json()
    except (httpx.TransportError, ValueError):
        return None
    return told if "parent" in told else None


def has_begun(parent: subprocess.Popen[bytes], url: str) -> bool:
    """Whether it answers, or has ended."""
    return answer(url) is not None or parent.poll() is not None


def start(source: Path) -> tuple[subprocess.Popen[bytes], str]:
    """The function's process and its URL; on another port where the first was taken meanwhile."""
    for _ in range(3):
        port = free_port()
        command = [
            *(sys.executable, "-m", "swell.local.framework_process", "--source", str(source), "--target", "whose"),
            *("--host", LOOPBACK, "--port", str(port), "--asgi"),
        ]
        parent, url = subprocess.Popen(command), f"http://{LOOPBACK}:{port}/"
        wait_until(partial(has_begun, parent, url))
        if parent.poll() is None:
            break
    return parent, url


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_worker_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """A uvicorn worker of gunicorn does not look after its parent."""
    source = tmp_path / "main.py"
    source.write_text(FUNCTION)
    parent, url = start(source)
    try:
        told = answer(url)
    finally:
        parent.kill()
        parent.wait()

    assert told is not None
    assert told["parent"] == parent.pid
    wait_until(lambda: answer(url) is None)
