"""Profiles one warm query from end to end: `python -m benchmarks.profile_request`, or `swell bench profile`.

One process serves, one connection asks: plain, which gives the round trip; under a profiler, which gives the shares;
and the HTTP server alone, which gives the least that HTTP costs. Of three runs of each the quickest is told: whatever
else the machine does only ever adds time.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from benchmarks.load.generator import generate_load
from benchmarks.load.job import Load, Task
from benchmarks.measure.latency import Latency
from benchmarks.peers.control import ask
from benchmarks.peers.ingest import ingest
from benchmarks.peers.run import working_directory
from benchmarks.peers.server_process import ServerProcess
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.system import restart
from benchmarks.profiling.stages import FunctionTime, StageTime, stage_times
from benchmarks.vectors.catalog import is_present, load_set
from benchmarks.vectors.vector_set import VectorSet
from swell.local.server import free_port

MANY: Final = 16
_RUNS: Final = 3
_WARM_UP_S: Final = 0.5
_BARE: Final = "benchmarks.profiling.bare_server"
_PROFILED: Final = "benchmarks.profiling.server"
_START: Final = "/profile/start"
_STOP: Final = "/profile/stop"


@dataclass(frozen=True)
class RequestProfile:
    """Microseconds per request unless named otherwise; `mean_us` and `p50_us` are round trips at one connection.

    `outside_us` is what no Python function of the server accounts for: kernel, event loop, HTTP parser, client.
    The stages and it add up to `profiled_mean_us`, which the profiler itself makes longer than `mean_us`.
    """

    rows: int
    recall_asked: float
    recall: float
    p50_us: float
    mean_us: float
    bare_mean_us: float
    profiled_requests: int
    profiled_mean_us: float
    outside_us: float
    queries_per_s: float
    stages: Sequence[StageTime]
    functions: Sequence[FunctionTime]


def profile_request(vectors: VectorSet, recall: float, seconds: float) -> RequestProfile:
    """Ingest into a server of its own, then measure.

    Raises:
        ServerFailed, GeneratorFailed: a server or the load generator failed.
    """
    with working_directory() as directory:
        system = SwellSystem(directory / "swell", 0, command=[sys.executable, "-m", _PROFILED])
        try:
            system.process.start()
            system.process.await_healthy()
            ingest(system, vectors)
            restart(system)
            system.use_effort(recall)
            return _measure(system, vectors, seconds)
        finally:
            system.process.stop()


def _measure(system: SwellSystem, vectors: VectorSet, seconds: float) -> RequestProfile:
    requests = system.query_requests(vectors.queries)
    plain = _least_disturbed([generate_load(Task(system.port, 1, seconds, _WARM_UP_S), requests) for _ in range(_RUNS)])
    together = generate_load(Task(system.port, MANY, seconds, _WARM_UP_S), requests)
    profiled, functions = min(
        (_profiled(system, requests, seconds) for _ in range(_RUNS)), key=lambda run: _mean_us(run[0])
    )
    count = len(profiled.latencies_ms)
    stages = stage_times(functions, count)
    return RequestProfile(
        rows=len(vectors.vectors),
        recall_asked=system.effort,
        recall=vectors.recall({query: system.read_ids(answer) for query, answer in plain.answers.items()}),
        p50_us=Latency.of(plain.latencies_ms).p50_ms * 1000,
        mean_us=_mean_us(plain),
        bare_mean_us=_mean_us(_ask_bare_server(system, plain, requests, seconds)),
        profiled_requests=count,
        profiled_mean_us=_mean_us(profiled),
        outside_us=_mean_us(profiled) - sum(one.microseconds for one in stages),
        queries_per_s=together.per_s,
        stages=stages,
        functions=sorted(functions, key=lambda one: -one.seconds)[:20],
    )


def _profiled(system: SwellSystem, requests: Sequence[bytes], seconds: float) -> tuple[Load, list[FunctionTime]]:
    """One run under the profiler, on a server that is warm."""
    ask(system.port, "POST", _START)
    load = generate_load(Task(system.port, 1, seconds), requests)
    return load, [FunctionTime(**one) for one in ask(system.port, "POST", _STOP)["functions"]]


def _least_disturbed(runs: Sequence[Load]) -> Load:
    """The quickest: whatever else the machine does only ever adds time."""
    return min(runs, key=_mean_us)


def _ask_bare_server(system: SwellSystem, plain: Load, requests: Sequence[bytes], seconds: float) -> Load:
    """The same requests, answered with as many bytes by the HTTP server alone."""
    port = free_port()
    answer_bytes = max(map(len, plain.answers.values()))
    command = [sys.executable, "-m", _BARE, str(port), str(answer_bytes)]
    server = ServerProcess(command, {}, port=port, health="/", log=system.directory.with_suffix(".bare.log"))
    try:
        server.start()
        server.await_healthy()
        return _least_disturbed([generate_load(Task(port, 1, seconds, _WARM_UP_S), requests) for _ in range(_RUNS)])
    finally:
        server.stop()


def _mean_us(load: Load) -> float:
    return float(load.latencies_ms.mean()) * 1000


def report_lines(profile: RequestProfile) -> list[str]:
    """The profile for people."""
    rest = [StageTime("kernel, event loop, HTTP parser, client", profile.outside_us)]
    parts = sorted([*profile.stages, *rest], key=lambda one: -one.microseconds)
    return [
        f"{profile.rows:,} rows, recall {profile.recall_asked:g} asked, {profile.recall:.4f} found",
        f"round trip at 1 connection: p50 {profile.p50_us:,.0f} µs, mean {profile.mean_us:,.0f} µs",
        f"the HTTP server alone: mean {profile.bare_mean_us:,.0f} µs",
        f"one process at {MANY} connections: {profile.queries_per_s:,.0f} queries/s",
        f"under the profiler: mean {profile.profiled_mean_us:,.0f} µs, of which",
        *(
            f"  {one.microseconds:8,.1f} µs  {one.microseconds / profile.profiled_mean_us:5.1%}  {one.stage}"
            for one in parts
        ),
        "the functions that take longest:",
        *(_function_line(one, profile.profiled_requests) for one in profile.functions[:12]),
    ]


def _function_line(one: FunctionTime, requests: int) -> str:
    place = "/".join(PurePath(one.file).parts[-3:])
    return f"  {one.seconds * 1e6 / requests:8,.1f} µs  {one.calls / requests:4.1f} x  {place}: {one.function}"


def main() -> None:
    """Profile on the sentence vectors where they are, else on the hard set."""
    name = "wordnet" if is_present("wordnet") else "hard"
    for line in report_lines(profile_request(load_set(name, None, 1000), 0.95, 2.0)):
        print(line)


if __name__ == "__main__":
    main()
