"""SIGTERM while requests are under way: every one is answered, and the process is gone within ten seconds."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
import pytest

from shared.topology.loading import TOPOLOGY_FILE
from swell.local.processes import STOP_WITHIN_S, child_process
from swell.local.server import free_port
from tests.e2e.serving import serving

START_WITHIN_S = 60
ROOT = TOPOLOGY_FILE.parent


@contextmanager
def ingest_alone(directory: Path) -> Iterator[tuple[str, int, Path]]:
    """Ingest under functions-framework, with nobody to commit: what waits for a commit waits."""
    port, log = free_port(), directory / "ingest.log"
    command = [
        *(sys.executable, "-m", "functions_framework", "--source", str(ROOT / "functions" / "ingest" / "main.py")),
        *("--target", "ingest", "--signature-type", "http", "--host", "127.0.0.1", "--port", str(port)),
    ]
    environment = {"SWELL_RUNTIME": "embedded", "SWELL_DATA_DIR": str(directory), "PYTHONPATH": str(ROOT)}
    with child_process(command, environment, log=log) as process:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            try:
                httpx.put(f"{url}/v1/collections/words", json={"dimension": 2}, timeout=30).raise_for_status()
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield url, process.pid, log
        assert 0 == process.wait(STOP_WITHIN_S)


def _write(url: str, timeout_ms: int) -> httpx.Response:
    body = {"records": [{"id": "a", "vector": [1, 2]}], "wait": "committed", "timeout_ms": timeout_ms}
    return httpx.post(f"{url}/v1/collections/words/upsert", json=body, timeout=60)


def _lines(log: Path, message: str) -> list[bytes]:
    return [line for line in log.read_bytes().splitlines() if f'"message":"{message}"'.encode() in line]


def _until_under_way(url: str, answers: list["Future[httpx.Response]"], directory: Path) -> None:
    """Until every request has had its write accepted, and so waits."""
    from shared.adapters.embedded.broker import SqliteBroker  # noqa: PLC0415
    from shared.adapters.embedded.topology_subscriptions import subscription_configs  # noqa: PLC0415
    from shared.topology import load_topology  # noqa: PLC0415

    broker = SqliteBroker(directory / "queue.db", subscription_configs(load_topology()))
    deadline = time.monotonic() + START_WITHIN_S
    while broker.backlog()["index_update.mutations"] < len(answers):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_function_answers_everything_and_goes(tmp_path: Path) -> None:
    """What ends in time ends as it would have; what would not is told to come again, not cut off."""
    with ThreadPoolExecutor(3) as pool, ingest_alone(tmp_path) as (url, pid, log):
        answers = [pool.submit(_write, url, timeout_ms) for timeout_ms in (3_000, 60_000, 60_000)]
        _until_under_way(url, answers, tmp_path)
        asked = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        documents = [answer.result(60) for answer in answers]
        answered_s = time.monotonic() - asked

    problems = [document.json()["type"].rpartition("/")[2] for document in documents]
    assert [503, 503, 503] == [document.status_code for document in documents]
    assert ["commit_pending", "shutting_down", "shutting_down"] == problems
    assert all("Retry-After" in document.headers for document in documents)
    assert answered_s < STOP_WITHIN_S
    (ended,) = _lines(log, "shutdown ends")
    assert {"cut": 2, "left": 0}.items() <= orjson.loads(ended).items()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_swell_up_answers_everything_and_goes(tmp_path: Path, workers: str) -> None:
    """Here commits go on until the last request that waits for one has been answered."""
    with serving(tmp_path, "--workers", workers) as (up, process), ThreadPoolExecutor(8) as pool:
        httpx.put(f"{up['url']}/v1/collections/words", json={"dimension": 2}, timeout=30).raise_for_status()
        answers = [pool.submit(_write, up["url"], 30_000) for _ in range(8)]
        answers[0].result(60)
        os.kill(process.pid, signal.SIGTERM)
        statuses = []
        for answer in answers:
            try:
                statuses.append(answer.result(60).status_code)
            except httpx.ConnectError:
                statuses.append(0)  # it had not connected yet
        stopped = process.wait(STOP_WITHIN_S)

    assert 0 == stopped
    assert {200, 503, 0} >= set(statuses)
