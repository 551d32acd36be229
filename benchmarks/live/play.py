"""Plays a scenario against a `swell up` of its own, and keeps what came of it as a rehearsal does."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import numpy as np
from hdrh.histogram import HdrHistogram

from benchmarks.live.arrivals import Arrivals, What, arrivals_of
from benchmarks.live.disturbing import happenings, redis_of
from benchmarks.live.faults import fault_plan
from benchmarks.live.finding import found_recall
from benchmarks.live.record import Played, record_of
from benchmarks.live.requests import request_of
from benchmarks.live.system import LiveSystem, ports
from benchmarks.load.histograms import histogram_of, merged
from benchmarks.load.open_loop import Offered, Sent, Stream, offer
from benchmarks.load.watch import StopRule
from benchmarks.measure.process_tree import cpu_seconds
from benchmarks.peers.callers import filled_with_keys, peak_per_s, query_posts
from benchmarks.peers.run import stopped, working_directory
from benchmarks.rehearsal.rehearse import commit_of
from benchmarks.rehearsal.result import Run
from benchmarks.scenarios.asked import shares_of
from benchmarks.scenarios.model import Scenario
from benchmarks.scenarios.protocol import ProtocolName
from benchmarks.vectors.synthetic import make_clustered
from benchmarks.vectors.vector_set import Rows
from shared.domain.tier import Tier
from shared.topology import Topology
from shared.topology.loading import TOPOLOGY_FILE

_PEAK_S: Final = 1.5
_PEAK_KEYS: Final = 50
_QUERIES: Final = 400
"""With exact answers: so many prove a recall of 0.9 where 0.95 is found."""
_MOST_REQUESTS: Final = 20_000
"""Requests of one sort that are kept: a key beyond shares that of another."""


@dataclass(frozen=True)
class LivePlan:
    """How large it is played: `peak_share` of what this machine answers at most; None: as the scenario says."""

    seconds: float
    peak_share: float | None = None
    rows: int = 20_000
    dimension: int = 128
    workers: int = 1
    processes: int = 1
    connections: int = 256


@dataclass(frozen=True)
class OneProtocol:
    """What was asked by one protocol, and how long good answers took; `first` to the first event, where there are."""

    asked: int
    answered: int
    latency: HdrHistogram
    first: HdrHistogram | None


@dataclass(frozen=True)
class LiveResult:
    """The record, the generator's own figures, and what this machine answers at most."""

    run: Run
    sent: Sent
    peak_per_s: float
    protocols: Mapping[ProtocolName, OneProtocol]


def play(scenario: Scenario, topology: Topology, plan: LivePlan, note: Callable[[str], None]) -> LiveResult:
    """Start, fill, find the peak, play.

    Raises:
        ServerFailed, GeneratorFailed: the server or the load generator failed.
        BadScenario: the scenario names what is not there, or what cannot be sent.
    """
    shares_of(scenario)  # what cannot be sent is refused before anything starts
    faults = fault_plan(scenario, topology, seconds=plan.seconds)
    vectors = make_clustered(plan.rows, _QUERIES, plan.dimension)
    with ExitStack() as stack:
        directory = stack.enter_context(working_directory())
        redis = stack.enter_context(redis_of(faults, directory))
        more = {} if redis is None else {"SWELL_REDIS_URL": redis.url}
        regions = len(faults.callers or {"": 1.0})
        system = LiveSystem(directory / "swell", plan.workers, regions=regions, environment=more)
        stack.enter_context(stopped([system]))
        note(f"Filling a server with {plan.rows:,} vectors …")
        keys = filled_with_keys(system, vectors, scenario.tiers)
        answering = stack.enter_context(ports(system, tuple(scenario.protocols)))
        note("Looking for what this machine answers at most …")
        tier, secret = next(iter(keys.items()))
        search = What(tier, "search", "http1")
        searches = [request_of(search, key, vectors.vectors, system.port, secret) for key in range(_PEAK_KEYS)]
        recall = found_recall(system.port, query_posts(system.port, vectors.queries, secret), vectors, range(_QUERIES))
        peak = peak_per_s(system.port, searches, _PEAK_S)
        played_per_s = scenario.live.peak_rps if plan.peak_share is None else peak * plan.peak_share
        arrivals = arrivals_of(
            scenario,
            topology,
            peak_per_s=played_per_s,
            seconds=plan.seconds,
            regions=faults.callers,
            breaks=faults.breaks,
        )
        note(f"It is {peak:,.0f} a second; playing {arrivals.count:,} requests in {plan.seconds:g} s …")
        before_s = cpu_seconds(system.process.pid)
        named, sent = offer(
            system.port,
            _streams(arrivals, vectors.vectors, keys, answering),
            connections=plan.connections,
            processes=plan.processes,
            stop=_stop_rule(scenario, plan.seconds),
            comings=arrivals.comings,
            happenings=stack.enter_context(happenings(faults, system, redis)),
        )
        after_s = cpu_seconds(system.process.pid)
    # HTTP/2 has a process of its own, which is not in it; what a region used that was killed is not, either.
    is_whole = "http2" not in scenario.protocols and faults.callers is None
    cpu_s = after_s - before_s if is_whole and before_s is not None and after_s is not None else None
    offered = {what: named[what.name] for what in arrivals.due_s if what.name in named}
    played = Played(
        scenario,
        arrivals,
        offered,
        played_per_s,
        min(plan.seconds, sent.seconds),
        faults,
        [(at_s, one.text) for at_s, one in sent.happened],
        whole_s=plan.seconds,
        ended_early=sent.ended_early,
        invalid=sent.invalid or "",
        cpu_s=cpu_s,
        recall=recall,
    )
    return LiveResult(record_of(played, commit_of(TOPOLOGY_FILE.parent)), sent, peak, _by_protocol(offered, sent))


def _stop_rule(scenario: Scenario, seconds: float) -> StopRule:
    """The scenario's own, its time passing as fast as the scenario's."""
    return StopRule(scenario.abort.error_share, scenario.abort.within_s(scenario.duration_min * 60 / seconds))


def _streams(
    arrivals: Arrivals, rows: Rows, secrets: Mapping[Tier, str], answering: Mapping[ProtocolName, int]
) -> list[Stream]:
    made = []
    for what, due_s in arrivals.due_s.items():
        if not len(due_s):
            continue
        port, secret = answering[what.protocol], secrets[what.tier]
        keys, which = np.unique(arrivals.keys[what], return_inverse=True)
        first, *others = [request_of(what, key, rows, port, secret) for key in keys[:_MOST_REQUESTS].tolist()]
        user = None if arrivals.user is None else arrivals.user[what]
        made.append(Stream(what.name, first, due_s, what.protocol, port, others, which % _MOST_REQUESTS, user))
    return made


def _by_protocol(offered: Mapping[What, Offered], sent: Sent) -> dict[ProtocolName, OneProtocol]:
    found: dict[ProtocolName, OneProtocol] = {}
    for protocol in dict.fromkeys(what.protocol for what in offered):
        ours = {what: seen for what, seen in offered.items() if what.protocol == protocol}
        firsts = [seen.first_ms[seen.good] for seen in ours.values() if seen.first_ms is not None]
        first = histogram_of(np.concatenate(firsts)) if firsts else None
        found[protocol] = OneProtocol(
            asked=sum(len(seen.due_s) for seen in ours.values()),
            answered=sum(int(seen.good.sum()) for seen in ours.values()),
            latency=merged(sent.histograms[what.name].encode() for what in ours),
            first=first if first is not None and first.get_total_count() else None,
        )
    return found
