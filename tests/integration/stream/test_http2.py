"""The server of stream as a process of its own: HTTP/2 without TLS, and an orderly end."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.topology.loading import TOPOLOGY_FILE
from swell.local.processes import child_process
from swell.local.server import free_port
from tests.contracts.polling import wait_until

_MAIN = TOPOLOGY_FILE.parent / "functions" / "stream" / "main.py"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Its URL, and the process."""
    port = free_port()
    environment = {
        "PYTHONPATH": str(TOPOLOGY_FILE.parent),
        "SWELL_RUNTIME": "embedded",
        "SWELL_DATA_DIR": str(tmp_path / "data"),
        "SWELL_CACHE_DIR": str(tmp_path / "cache"),
        "SWELL_PORT": str(port),
    }
    with child_process([sys.executable, str(_MAIN)], environment, log=tmp_path / "log") as process:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), timeout_s=60)
        yield url, process


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_http_2_is_spoken_by_prior_knowledge_and_a_stream_is_told_of_the_end(
    server: tuple[str, "subprocess.Popen[bytes]"],
) -> None:
    """As load balancers speak it: without TLS, without an upgrade. SIGTERM ends an open stream in order."""
    url, process = server
    with httpx.Client(http1=False, http2=True, base_url=url, timeout=60) as client:
        health = client.get("/health")
        with client.stream(
            "POST", "/v1/stream", json={"collection": "c", "vector": [0, 0], "after": "0:1/" + "0" * 16}
        ) as missing:
            told = missing.read()

    process.send_signal(signal.SIGTERM)

    assert ("HTTP/2", 200) == (health.http_version, health.status_code)
    assert ("HTTP/2", True) == (missing.http_version, b"not_found" in told)
    assert 0 == process.wait(10)
