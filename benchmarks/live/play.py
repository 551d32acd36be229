"""Plays a scenario against a `swell up` of its own, and keeps what came of it as a rehearsal does."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson

from benchmarks.live.arrivals import Arrivals, Kind, arrivals_of
from benchmarks.live.record import Played, record_of
from benchmarks.load.open_loop import Offered, Sent, Stream, offer
from benchmarks.peers.callers import encode_post, peak_per_s, unlimited_key
from benchmarks.peers.ingest import ingest
from benchmarks.peers.run import stopped, working_directory
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.system import restart
from benchmarks.rehearsal.rehearse import commit_of
from benchmarks.rehearsal.result import Run
from benchmarks.scenarios.model import Scenario
from benchmarks.vectors.synthetic import make_clustered
from benchmarks.vectors.vector_set import Rows
from shared.domain.tier import Tier
from shared.topology import Topology
from shared.topology.loading import TOPOLOGY_FILE
from shared.vectors import encode_vectors

_PEAK_S: Final = 1.5


@dataclass(frozen=True)
class LivePlan:
    """How large it is played: `peak_share` of what this machine answers at most, or `peak_per_s`, if given."""

    seconds: float
    peak_share: float = 0.6
    peak_per_s: float | None = None
    rows: int = 20_000
    dimension: int = 128
    workers: int = 1
    processes: int = 1
    connections: int = 256


@dataclass(frozen=True)
class LiveResult:
    """The record, the generator's own figures, and what this machine answers at most."""

    run: Run
    sent: Sent
    peak_per_s: float


def play(scenario: Scenario, topology: Topology, plan: LivePlan, note: Callable[[str], None]) -> LiveResult:
    """Start, fill, find the peak, play.

    Raises:
        ServerFailed, GeneratorFailed: the server or the load generator failed.
        BadScenario: the scenario names what is not there.
    """
    vectors = make_clustered(plan.rows, 100, plan.dimension)
    with ExitStack() as stack:
        system = SwellSystem(stack.enter_context(working_directory()) / "swell", plan.workers)
        stack.enter_context(stopped([system]))
        note(f"Filling a server with {plan.rows:,} vectors …")
        restart(system)
        ingest(system, vectors)
        keys = {tier: unlimited_key(system, tier) for tier in scenario.tiers}
        restart(system)
        requests = {(tier, "search"): _search(system, vectors.queries, key) for tier, key in keys.items()}
        requests |= {(tier, "write"): _write(system, vectors.queries, key) for tier, key in keys.items()}
        note("Looking for what this machine answers at most …")
        one = next(iter(keys))
        peak = peak_per_s(system.port, requests[one, "search"], _PEAK_S)
        played_per_s = plan.peak_per_s or peak * plan.peak_share
        arrivals = arrivals_of(scenario, topology, peak_per_s=played_per_s, seconds=plan.seconds)
        note(f"It is {peak:,.0f} a second; playing {arrivals.count:,} requests in {plan.seconds:g} s …")
        offered, sent = offer(
            system.port, _streams(arrivals, requests), connections=plan.connections, processes=plan.processes
        )
    played = Played(scenario, arrivals, _by_what(offered), played_per_s, plan.seconds)
    return LiveResult(record_of(played, commit_of(TOPOLOGY_FILE.parent)), sent, peak)


def _streams(arrivals: Arrivals, requests: Mapping[tuple[Tier, str], bytes]) -> list[Stream]:
    return [
        Stream(f"{tier.value}/{kind}", requests[tier, kind], due)
        for (tier, kind), due in arrivals.due_s.items()
        if len(due)
    ]


def _by_what(offered: Mapping[str, Offered]) -> dict[tuple[Tier, Kind], Offered]:
    named: dict[tuple[Tier, Kind], Offered] = {}
    for name, seen in offered.items():
        tier, _, kind = name.partition("/")
        named[Tier(tier), "write" if kind == "write" else "search"] = seen
    return named


def _search(system: SwellSystem, queries: Rows, key: str) -> bytes:
    return encode_post(system, "query", orjson.dumps({"vector": encode_vectors(queries[0]), "top_k": 10}), key)


def _write(system: SwellSystem, queries: Rows, key: str) -> bytes:
    record = {"id": "live", "vector": encode_vectors(np.asarray(queries[1]))}
    return encode_post(system, "upsert", orjson.dumps({"records": [record]}), key)
