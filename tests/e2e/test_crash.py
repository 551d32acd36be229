"""kill -9 in the middle of an ingest loses no committed write, repeats none, and shows no half commit."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from swell.local.server import free_port

_KILLS = 14
_BATCH = 25
_ROOT = Path(__file__).parents[2]


@dataclass
class Ledger:
    """What the writer asked for and what was acknowledged as committed: id → value, batch by batch."""

    acknowledged: dict[str, int] = field(default_factory=dict)
    uncertain: list[dict[str, int]] = field(default_factory=list)


@contextmanager
def _server(data_dir: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.e2e.serve_embedded", str(data_dir), str(port)]
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://"), "the server did not start"
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _write_until_it_dies(url: str, round_number: int, ledger: Ledger) -> None:
    """New ids, and one id that every batch replaces, so that an old self would show."""
    with httpx.Client(base_url=url, timeout=30) as client:
        for batch_number in range(10_000):
            stem = f"k{round_number}-{batch_number}"
            batch = {f"{stem}-{place}": batch_number for place in range(_BATCH)}
            batch["latest"] = round_number * 10_000 + batch_number
            records = [{"id": record_id, "vector": [value, 1]} for record_id, value in batch.items()]
            ledger.uncertain.append(batch)
            try:
                answer = client.post(
                    "/v1/collections/crash/upsert", json={"records": records, "wait": "committed", "timeout_ms": 20_000}
                )
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            ledger.acknowledged.update(ledger.uncertain.pop())


@pytest.mark.timeout(300)
def test_every_acknowledged_write_survives_kill_9(tmp_path: Path) -> None:
    """Kills at seeded random moments; after each restart the whole ledger is there, once."""
    randomness, ledger, port = random.Random(20261123), Ledger(), free_port()
    for round_number in range(_KILLS):
        with _server(tmp_path, port) as process:
            url = f"http://127.0.0.1:{port}"
            if round_number == 0:
                httpx.put(f"{url}/v1/collections/crash", json={"dimension": 2, "metric": "euclidean"})
            _verify(url, ledger)
            writer = threading.Thread(target=_write_until_it_dies, args=(url, round_number, ledger))
            writer.start()
            time.sleep(randomness.uniform(0.02, 0.6))
            process.send_signal(signal.SIGKILL)
            process.wait()
            writer.join()
    with _server(tmp_path, port):
        _verify(f"http://127.0.0.1:{port}", ledger)

    assert len(ledger.acknowledged) > _KILLS * _BATCH


def _verify(url: str, ledger: Ledger) -> None:
    """Acknowledged batches are whole; unacknowledged ones are whole or absent, and then settle as either."""
    with httpx.Client(base_url=url, timeout=60) as client:
        _settle(client)
        for batch in ledger.uncertain:
            found = _fetch(client, [record_id for record_id in batch if record_id != "latest"])
            assert len(found) in (0, len(batch) - 1), "half a commit is visible"
            if found:
                ledger.acknowledged.update(batch)
        ledger.uncertain.clear()
        expected = dict(ledger.acknowledged)
        assert expected == _fetch(client, list(expected))
        assert len(expected) == client.get("/v1/collections/crash").json()["records"]


def _settle(client: httpx.Client) -> None:
    """Wait until what was in flight at the kill has been delivered again: a marker write comes after it in order."""
    answer = client.post(
        "/v1/collections/crash/delete", json={"ids": ["nobody"], "wait": "committed", "timeout_ms": 30_000}
    )
    assert answer.status_code == 200, answer.text


def _fetch(client: httpx.Client, ids: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(ids), 1000):
        body = {"ids": ids[start : start + 1000], "include": ["vector"], "consistency": "strong"}
        answer = client.post("/v1/collections/crash/fetch", json=body).json()
        found.update({record["id"]: round(record["vector"][0]) for record in answer["records"]})
    return found
