"""One process, its peak, ten times that, and what comes after: `swell bench overload`."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson

from benchmarks.load.open_loop import Offered, Stream, evenly, offer
from benchmarks.measure.process_tree import resident_memory
from benchmarks.peers.callers import encode_post, filled_with_keys, peak_per_s
from benchmarks.peers.comparison import Note
from benchmarks.peers.run import stopped, working_directory
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.vectors.synthetic import make_clustered
from benchmarks.vectors.vector_set import Rows
from shared.domain.tier import Tier
from shared.vectors import encode_vectors

_PREMIUM_SHARE: Final = 0.3
_BUCKET_S: Final = 0.5
_REQUESTS: Final = 50


@dataclass(frozen=True)
class OverloadPlan:
    """What is offered: `times` the peak by the free tier, three tenths of it by premium beside it."""

    rows: int = 20_000
    dimension: int = 128
    queries: int = 64
    recall: float = 0.95
    times: float = 10.0
    seconds: float = 20.0
    calm_s: float = 10.0
    peak_s: float = 2.0
    connections: int = 256


@dataclass(frozen=True)
class OverloadReport:
    """What was seen. Times in milliseconds, rates a second, memory in bytes (proportional set size).

    `invalid` says why it tells nothing of the server, where the load generator was the bottleneck.
    """

    peak_per_s: float
    offered_per_s: float
    good_per_s: float
    unloaded_p99_ms: float
    premium_p99_ms: float
    premium_refused: int
    premium: int
    refusals: int
    refusal_p50_ms: float
    refusal_p99_ms: float
    unanswered: int
    memory_before: int
    memory_after: int
    recovery_s: float
    generator_cpu_share: float
    invalid: str | None

    def line(self) -> str:
        """What the ratios are of."""
        return (
            f"peak {self.peak_per_s:,.0f} requests a second, offered {self.offered_per_s:,.0f}; "
            f"premium p99 {self.unloaded_p99_ms:.1f} ms unloaded, {self.premium_p99_ms:.1f} ms under overload; "
            f"{self.refusals:,} refusals, p50 {self.refusal_p50_ms:.1f} ms; "
            f"the load generator used {self.generator_cpu_share:.0%} of a core"
        )


def measure_overload(plan: OverloadPlan, note: Note) -> OverloadReport:
    """All phases.

    Raises:
        ServerFailed, GeneratorFailed: the server or a load generator failed.
    """
    vectors = make_clustered(plan.rows, plan.queries * _REQUESTS, plan.dimension)
    with ExitStack() as stack:
        system = SwellSystem(stack.enter_context(working_directory()) / "swell", 1)
        stack.enter_context(stopped([system]))
        note(f"Filling a server with {plan.rows:,} vectors …")
        keys = filled_with_keys(system, vectors, (Tier.FREE, Tier.PREMIUM))
        requests = {tier: _requests(system, plan, vectors.queries, key) for tier, key in keys.items()}
        note("Looking for the peak …")
        peak = peak_per_s(system.port, requests[Tier.FREE], plan.peak_s)
        note(f"The peak is {peak:,.0f} requests a second; premium alone …")
        premium_per_s = peak * _PREMIUM_SHARE
        premium = Stream.in_turns("premium", requests[Tier.PREMIUM], evenly(premium_per_s, plan.calm_s))
        alone, calm = offer(system.port, [premium], connections=32)
        memory_before = _memory_bytes(system.process.pid)
        note(f"{plan.times:g} times the peak for {plan.seconds:g} s …")
        flood_per_s = peak * (plan.times - _PREMIUM_SHARE)
        flood = Stream.in_turns("flood", requests[Tier.FREE], evenly(flood_per_s, plan.seconds))
        whole = Stream.in_turns("premium", requests[Tier.PREMIUM], evenly(premium_per_s, plan.seconds + plan.calm_s))
        seen, sent = offer(system.port, [flood, whole], connections=plan.connections)
        memory_after = _memory_bytes(system.process.pid)
    invalid = calm.invalid or sent.invalid
    phases = Phases(peak, alone["premium"], seen["flood"], seen["premium"], sent.cpu_share, invalid)
    return _report(plan, phases, (memory_before, memory_after))


@dataclass(frozen=True, eq=False)
class Phases:
    """What became of the requests: premium alone, then the flood and premium in it and after it; and the generator."""

    peak_per_s: float
    alone: Offered
    flood: Offered
    premium: Offered
    generator_cpu_share: float
    invalid: str | None


def _report(plan: OverloadPlan, phases: Phases, memory: tuple[int, int]) -> OverloadReport:
    alone, flood, premium = phases.alone, phases.flood, phases.premium
    settled_s = min(1.0, plan.seconds / 4)  # until the limit has found its place
    during = (premium.due_s >= settled_s) & (premium.due_s < plan.seconds)
    flooded = flood.due_s >= settled_s
    good = np.count_nonzero(flood.good & flooded) + np.count_nonzero(premium.good & during)
    refused = flood.latency_ms[flood.refused & flooded]
    unloaded_p99_ms = float(np.percentile(alone.latency_ms[alone.good], 99))
    return OverloadReport(
        peak_per_s=phases.peak_per_s,
        offered_per_s=phases.peak_per_s * plan.times,
        good_per_s=good / (plan.seconds - settled_s),
        unloaded_p99_ms=unloaded_p99_ms,
        premium_p99_ms=float(np.percentile(premium.latency_ms[during], 99)),
        premium_refused=int(np.count_nonzero(premium.refused & during)),
        premium=int(np.count_nonzero(during)),
        refusals=len(refused),
        refusal_p50_ms=float(np.percentile(refused, 50)) if len(refused) else 0.0,
        refusal_p99_ms=float(np.percentile(refused, 99)) if len(refused) else 0.0,
        unanswered=int(np.count_nonzero(flood.status == 0) + np.count_nonzero(premium.status == 0)),
        memory_before=memory[0],
        memory_after=memory[1],
        recovery_s=recovery_s(premium, plan.seconds, float(np.percentile(alone.latency_ms[alone.good], 50))),
        generator_cpu_share=phases.generator_cpu_share,
        invalid=phases.invalid,
    )


def recovery_s(premium: Offered, ended_s: float, calm_p50_ms: float) -> float:
    """How long after the end of the overload answers are good and within 1.5 times their usual time again."""
    last_bad_s = 0.0
    for start_s in np.arange(ended_s, float(premium.due_s.max()), _BUCKET_S):
        within = (premium.due_s >= start_s) & (premium.due_s < start_s + _BUCKET_S)
        if not within.any():
            continue
        is_calm = premium.good[within].all() and np.median(premium.latency_ms[within]) <= 1.5 * calm_p50_ms
        if not is_calm:
            last_bad_s = float(start_s - ended_s + _BUCKET_S)
    return last_bad_s


def _memory_bytes(pid: int) -> int:
    memory = resident_memory(pid)
    return memory.bytes if memory else 1  # unknown where there is no /proc: then it did not grow


def _requests(system: SwellSystem, plan: OverloadPlan, queries: Rows, key: str) -> list[bytes]:
    """Each asks for other vectors: what several ask at once would be sought once."""
    each = [
        {"vectors": [encode_vectors(row) for row in rows], "top_k": 10, "recall": plan.recall}
        for rows in queries.reshape(_REQUESTS, plan.queries, -1)
    ]
    return [encode_post(system.port, "query", orjson.dumps(asked), key) for asked in each]
