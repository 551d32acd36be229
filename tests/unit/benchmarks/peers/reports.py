"""Reports of two systems, good but for what a test gives."""

from collections.abc import Sequence
from typing import Any

from benchmarks.load.headroom import Capacity
from benchmarks.measure.latency import Latency
from benchmarks.measure.process_tree import Memory
from benchmarks.peers.comparison import FULL, Comparison, SystemReport
from benchmarks.peers.floor import Floor
from benchmarks.peers.ingest import Ingested
from benchmarks.peers.rounds import Visit
from benchmarks.peers.tuning import Tuned


def visit(system: str, number: int, **given: Any) -> Visit:
    """One visit, of 1 ms and 1,000 queries a second."""
    latency = Latency(samples=4000, p50_ms=given.pop("p50_ms", 1.0), p90_ms=2.0, p99_ms=3.0, largest_ms=9.0)
    figures = {
        "queries_per_s": 1000.0,
        "recall": 0.99,
        "memory": Memory(100_000_000, 20_000_000),
        "server_cpu_ms": 1.0,
        "generator_cpu_share": 0.1,
        "others_share": 0.02,
        "failures": 0,
        "invalid": None,
        **given,
    }
    return Visit(system=system, round=number, single=latency, many=latency, **figures)


def system_report(name: str, visits: Sequence[Visit], **given: Any) -> SystemReport:
    """One system; 10,000 rows in ten seconds."""
    figures = {
        "version": "1.0",
        "settings": {"command": f"{name.lower()} up", "effort": 0.9},
        "ingested": [Ingested(10_000, 5.0, 8.0, 10.0, 1_000_000)],
        "tuned": Tuned(0.9, 0.99, reached=True, tried={"0.9": 0.99}),
        "disk_bytes": 10_000_000,
        "disk_parts": {"objects": 9_000_000, "cache": 1_000_000},
        "cold_starts_s": [0.4],
        **given,
    }
    return SystemReport(name=name, visits=visits, **figures)


def comparison(ours: SystemReport, theirs: SystemReport) -> Comparison:
    """Both on one data set."""
    vectors = {
        "name": "few",
        "origin": "a test",
        "rows": 10_000,
        "queries": 100,
        "dimension": 8,
        "metric": "cosine",
        "intrinsic_dimension": 7.4,
    }
    floor = Floor("hnswlib", 40, 0.99, 1.5, 0.1, 9000.0)
    return Comparison(vectors, FULL, [ours, theirs], Capacity(50_000.0, 0.1), {}, [floor])
