"""The query function as Cloud Run runs it, under constant load: `python -m benchmarks.framework`.

A collection is written by an embedded Swell, which then ends. The function is started on its directory by
functions-framework with the server that it brings (gunicorn with a uvicorn worker), and asked by many at once. Every
answer is compared with what is nearest; what a process holds is looked at before and after.
"""

import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx
import numpy as np

from benchmarks.load.generator import CHECKOUT
from benchmarks.measure.process_tree import resident_memory
from benchmarks.vectors.vector_set import Rows
from shared.vectors import encode_vectors
from swell.client import Swell
from swell.local.embedded import run_embedded
from swell.local.launching import await_answers
from swell.local.processes import child_process
from swell.local.server import LOOPBACK, free_port

_COLLECTION: Final = "words"
_DIMENSION: Final = 32
_TOP_K: Final = 5
_BATCHES: Final = "swell_batch_size_queries"


@dataclass(frozen=True)
class FrameworkLoad:
    """So many callers, each of which asks again as soon as it has its answer."""

    rows: int = 5_000
    queries: int = 200
    callers: int = 64
    seconds: float = 20.0


@dataclass
class FrameworkReport:
    """What came of it. Memory in bytes, of all processes of the function."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    per_call: float = 0.0
    memory_before: int = 0
    memory_after: int = 0

    def line(self, seconds: float) -> str:
        """All of it."""
        p50, p99 = np.percentile(self.latencies_ms, [50, 99]) if self.latencies_ms else (0.0, 0.0)
        answered = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.statuses[200] / seconds:,.0f} answers a second, p50 {p50:.1f} ms, p99 {p99:.1f} ms; "
            f"by status {answered}; {self.wrong} wrong; {self.per_call:.1f} queries a call of the engine; "
            f"memory {self.memory_before / 1e6:.0f} MB before, {self.memory_after / 1e6:.0f} MB after"
        )


def load_framework(load: FrameworkLoad, directory: Path) -> FrameworkReport:
    """Fill, start, ask, end."""
    chance = np.random.default_rng(1)
    rows = chance.standard_normal((load.rows, _DIMENSION)).astype(np.float32)
    queries = chance.standard_normal((load.queries, _DIMENSION)).astype(np.float32)
    with run_embedded(directory) as running, Swell(running.url) as client:
        client.collections.create(_COLLECTION, dimension=_DIMENSION, metric="euclidean")
        client.collection(_COLLECTION).upsert([str(number) for number in range(len(rows))], rows, wait="committed")
    with query_function(directory) as (url, pid):
        return asyncio.run(_asked(load, url, pid, rows, queries))


@contextmanager
def query_function(directory: Path) -> Iterator[tuple[str, int]]:
    """The function alone under functions-framework, on an embedded Swell's directory: its URL and process."""
    port, log = free_port(), directory / "query.log"
    command = [
        *(sys.executable, "-m", "functions_framework", "--source", str(CHECKOUT / "functions" / "query" / "main.py")),
        *("--target", "query", "--signature-type", "http", "--host", LOOPBACK, "--port", str(port)),
    ]
    environment = {
        "SWELL_RUNTIME": "embedded",
        "SWELL_DATA_DIR": str(directory),
        "SWELL_CACHE_DIR": str(directory / "cache-of-query"),
        "SWELL_ANSWERS_MAX_BYTES": "0",
        "PYTHONPATH": str(CHECKOUT),
    }
    with child_process(command, environment, log=log) as process:
        url = f"http://{LOOPBACK}:{port}"
        await_answers({"query": url}, directory)
        yield url, process.pid


async def _asked(load: FrameworkLoad, url: str, pid: int, rows: Rows, queries: Rows) -> FrameworkReport:
    report, ended_s = FrameworkReport(), time.perf_counter() + load.seconds
    wanted = [_nearest(rows, query) for query in queries]
    limits = httpx.Limits(max_connections=load.callers)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:

        async def ask(number: int) -> None:
            body = {"vector": encode_vectors(queries[number]), "top_k": _TOP_K, "recall": 1.0, "timeout_ms": 60_000}
            began_s = time.perf_counter()
            answer = await client.post(f"/v1/collections/{_COLLECTION}/query", json=body)
            report.statuses[answer.status_code] += 1
            if answer.status_code == 200:
                report.latencies_ms.append((time.perf_counter() - began_s) * 1000)
                report.wrong += [match["id"] for match in answer.json()["matches"]] != wanted[number]

        async def call(first: int) -> None:
            number = first
            while time.perf_counter() < ended_s:
                await ask(number % len(queries))
                number += load.callers

        await ask(0)
        report.memory_before, before = _memory(pid), await _batches(client)
        await asyncio.gather(*(call(number) for number in range(load.callers)))
        report.memory_after, after = _memory(pid), await _batches(client)
    report.per_call = (after[0] - before[0]) / max(after[1] - before[1], 1)
    return report


async def _batches(client: httpx.AsyncClient) -> tuple[float, float]:
    """Queries answered, and calls of the engine that answered them."""
    text = (await client.get("/metrics")).text
    found = [re.search(rf"^{_BATCHES}_{what} ([0-9.e+]+)", text, re.MULTILINE) for what in ("sum", "count")]
    queries, calls = (0.0 if one is None else float(one[1]) for one in found)
    return queries, calls


def _nearest(rows: Rows, query: Rows) -> list[str]:
    return [str(place) for place in np.argsort(np.linalg.norm(rows - query, axis=1), kind="stable")[:_TOP_K]]


def _memory(pid: int) -> int:
    memory = resident_memory(pid)
    return memory.bytes if memory else 0


def main() -> None:
    """Print what came of it."""
    load = FrameworkLoad(seconds=float(sys.argv[1]) if len(sys.argv) > 1 else FrameworkLoad.seconds)
    with TemporaryDirectory(prefix="swell-framework-") as name:
        report = load_framework(load, Path(name))
    print(report.line(load.seconds))
    sys.exit(bool(report.wrong or any(status >= 500 and status != 503 for status in report.statuses)))


if __name__ == "__main__":
    main()
