"""The query function as Cloud Run runs it, under constant load: `python -m benchmarks.framework [--scenario NAME]`.

A collection is written by an embedded Swell, which then ends. The function is started on its directory by
functions-framework with the server that it brings (gunicorn with a uvicorn worker), and asked by many at once; then,
with a scenario, at the times at which its reads arrive, a recorded course among them. Every answer is compared with
what is nearest; what a process holds is looked at before and after.
"""

import argparse
import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx
import numpy as np

from benchmarks.live.arrivals import arrivals_of
from benchmarks.load.generator import CHECKOUT
from benchmarks.measure.process_tree import resident_memory
from benchmarks.scenarios.catalog import find_scenario
from benchmarks.vectors.vector_set import Rows
from shared.topology import load_topology
from shared.vectors import encode_vectors
from swell.client import Swell
from swell.local.embedded import run_embedded
from swell.local.launching import await_answers
from swell.local.processes import child_process
from swell.local.server import LOOPBACK, free_port

_COLLECTION: Final = "words"
_DIMENSION: Final = 32
_TOP_K: Final = 5
_CONNECTIONS: Final = 80
"""As many requests as Cloud Run gives an instance at once."""
_BATCHES: Final = "swell_batch_size_queries"


Ask = Callable[[int, float], Awaitable[None]]
"""Asks the query of a number; latency counts from the moment, by time.perf_counter, at which it was due."""


@dataclass(frozen=True)
class FrameworkLoad:
    """So many callers, each of which asks again as soon as it has its answer, for some seconds.

    With a `scenario`, its reads follow, whoever still waits: its whole course within as many seconds, at `peak_per_s`
    where it is highest. What is popular in it is asked for as often; writes are left out.
    """

    rows: int = 5_000
    queries: int = 200
    callers: int = 64
    seconds: float = 20.0
    scenario: str | None = None
    peak_per_s: float = 100.0


@dataclass
class FrameworkReport:
    """What came of it. Memory in bytes, of all processes of the function; `late_ms`: how late each was asked."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    per_call: float = 0.0
    memory_before: int = 0
    memory_after: int = 0

    @property
    def has_failed(self) -> bool:
        """Whether an answer was wrong, or an error that is no refusal."""
        return bool(self.wrong or any(status >= 500 and status != 503 for status in self.statuses))

    def line(self, seconds: float) -> str:
        """All of it."""
        p50, p99 = np.percentile(self.latencies_ms, [50, 99]) if self.latencies_ms else (0.0, 0.0)
        late = np.percentile(self.late_ms, 99) if self.late_ms else 0.0
        answered = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.statuses[200] / seconds:,.0f} answers a second, p50 {p50:.1f} ms, p99 {p99:.1f} ms; "
            f"by status {answered}; {self.wrong} wrong; asked {late:.1f} ms late at p99; "
            f"{self.per_call:.1f} queries a call of the engine; "
            f"memory {self.memory_before / 1e6:.0f} MB before, {self.memory_after / 1e6:.0f} MB after"
        )


def load_framework(load: FrameworkLoad, directory: Path) -> Sequence[FrameworkReport]:
    """Fill, start, ask, end: what came of the callers, and of the scenario where there is one."""
    chance = np.random.default_rng(1)
    rows = chance.standard_normal((load.rows, _DIMENSION)).astype(np.float32)
    queries = chance.standard_normal((load.queries, _DIMENSION)).astype(np.float32)
    with run_embedded(directory) as running, Swell(running.url) as client:
        client.collections.create(_COLLECTION, dimension=_DIMENSION, metric="euclidean")
        client.collection(_COLLECTION).upsert([str(number) for number in range(len(rows))], rows, wait="committed")
    ways = [_callers, _arrivals][: 1 if load.scenario is None else 2]
    with query_function(directory) as (url, pid):
        return [asyncio.run(_asked(partial(way, load), url, pid, rows, queries)) for way in ways]


async def _callers(load: FrameworkLoad, ask: Ask) -> None:
    ended_s = time.perf_counter() + load.seconds

    async def call(first: int) -> None:
        number = first
        while (now_s := time.perf_counter()) < ended_s:
            await ask(number, now_s)
            number += load.callers

    await asyncio.gather(*(call(number) for number in range(load.callers)))


async def _arrivals(load: FrameworkLoad, ask: Ask) -> None:
    assert load.scenario is not None  # noqa: S101 - or there are none
    scenario = find_scenario(load.scenario)
    found = arrivals_of(scenario, load_topology(), peak_per_s=load.peak_per_s, seconds=load.seconds)
    reads = [what for what in found.due_s if what.kind in {"search", "filtered"}]
    due = sorted(pair for what in reads for pair in zip(found.due_s[what], found.keys[what], strict=True))
    began_s = time.perf_counter()
    async with asyncio.TaskGroup() as asking:
        for due_s, key in due:
            await asyncio.sleep(began_s + due_s - time.perf_counter())
            asking.create_task(ask(int(key), began_s + due_s))  # type: ignore[arg-type]


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


async def _asked(
    play: Callable[[Ask], Awaitable[None]], url: str, pid: int, rows: Rows, queries: Rows
) -> FrameworkReport:
    report, wanted = FrameworkReport(), [_nearest(rows, query) for query in queries]
    limits = httpx.Limits(max_connections=_CONNECTIONS)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:

        async def ask(number: int, due_s: float) -> None:
            number %= len(queries)
            body = {"vector": encode_vectors(queries[number]), "top_k": _TOP_K, "recall": 1.0, "timeout_ms": 60_000}
            report.late_ms.append((time.perf_counter() - due_s) * 1000)
            answer = await client.post(f"/v1/collections/{_COLLECTION}/query", json=body)
            report.statuses[answer.status_code] += 1
            if answer.status_code == 200:
                report.latencies_ms.append((time.perf_counter() - due_s) * 1000)
                report.wrong += [match["id"] for match in answer.json()["matches"]] != wanted[number]

        await ask(0, time.perf_counter())
        report.memory_before, before = _memory(pid), await _batches(client)
        await play(ask)
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
    parser = argparse.ArgumentParser(prog="python -m benchmarks.framework", description="Load the deployed query.")
    parser.add_argument("seconds", nargs="?", type=float, default=FrameworkLoad.seconds, help="of each part")
    parser.add_argument("--scenario", help="play its reads too: world-cup is the recorded course of 30 June 1998")
    parser.add_argument("--peak", type=float, default=FrameworkLoad.peak_per_s, help="requests a second at its highest")
    asked = parser.parse_args()
    load = FrameworkLoad(seconds=asked.seconds, scenario=asked.scenario, peak_per_s=asked.peak)
    with TemporaryDirectory(prefix="swell-framework-") as name:
        reports = load_framework(load, Path(name))
    for part, report in zip((f"{load.callers} callers", load.scenario), reports, strict=False):
        print(f"{part}: {report.line(load.seconds)}")
    sys.exit(any(report.has_failed for report in reports))


if __name__ == "__main__":
    main()
