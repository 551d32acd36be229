"""The benchmark's own view of Swell, end to end on a small set; floors on answers, none on time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.load.headroom import Capacity
from benchmarks.measure.least_effort import RECALL_FLOOR
from benchmarks.peers.cold_start import find_right_query, measure_cold_start
from benchmarks.peers.ingest import ingest
from benchmarks.peers.rounds import Plan, Rounds, Subject
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.tuning import tune
from benchmarks.vectors.synthetic import make_clustered

ROWS = 3000


@pytest.fixture
def swell(tmp_path: Path) -> Iterator[SwellSystem]:
    """`swell up` with two workers."""
    system = SwellSystem(tmp_path / "swell", workers=2)
    try:
        system.process.start()
        system.process.await_healthy()
        yield system
    finally:
        system.process.stop()


def test_swell_goes_through_the_whole_benchmark(swell: SwellSystem) -> None:
    """Every row is found, the recall compared at is reached, no request fails, a cold start answers right."""
    vectors = make_clustered(ROWS, 100, 32)
    ingested = ingest(swell, vectors)
    tuned = tune(swell, vectors)
    visits = list(Rounds(Plan(2, 0.3, 0.3), Capacity(1e9, 0.01)).run([Subject(swell, vectors)]))
    cold_s = measure_cold_start(swell, vectors, find_right_query(swell, vectors))

    assert ingested.accepted_s <= ingested.searchable_s <= ingested.indexed_s
    assert tuned.recall >= RECALL_FLOOR
    assert [visit.failures for visit in visits] == [0, 0]
    assert min(visit.recall for visit in visits) >= RECALL_FLOOR - 0.02
    assert cold_s > 0
