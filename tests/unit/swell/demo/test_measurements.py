"""Recall is what brute force says it is."""

import pytest

from swell.demo.measurements import measure_latency, measure_recall
from tests.unit.swell.demo.in_memory_server import InMemoryServer
from tests.unit.swell.demo.vocabularies import random_vocabulary

VOCABULARY = random_vocabulary([f"word-{number}" for number in range(100)], held_out=20)
STORED = dict(zip(VOCABULARY.words, VOCABULARY.vectors, strict=True))


@pytest.mark.parametrize("lost", [0, 1, 4, 10])
def test_every_lost_neighbour_costs_a_tenth(lost: int) -> None:
    """A server that leaves out the best n of ten has a recall@10 of 1 - n/10."""
    words = InMemoryServer(loses=lost).collection(STORED)

    recall = measure_recall(words, VOCABULARY)

    assert recall.at_10 == pytest.approx(1 - lost / 10)
    assert (recall.queries, recall.methods) == (20, ["exact"])


def test_p99_is_at_least_p50() -> None:
    """Both are of the same hundreds of queries."""
    latency = measure_latency(InMemoryServer().collection(STORED), VOCABULARY)

    assert 0 < latency.p50_ms <= latency.p99_ms
    assert latency.queries >= 100
