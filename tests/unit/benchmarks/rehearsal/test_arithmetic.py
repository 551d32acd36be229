"""What a number of streams needs is multiplication, and the table says by which rate."""

import pytest

from benchmarks.rehearsal.arithmetic import reckon
from shared.topology import load_topology


def test_25_billion_streams_need_what_multiplication_says() -> None:
    """Once in 10,000 s: 2.5 M a second, on instances of 200 that run at 60 %; 1,000 connections an instance."""
    found = reckon(25e9, load_topology(), instance_rps=200, bytes_per_query=4096, total=500)

    slowest = found.needs[0]
    assert slowest.queries_per_s == pytest.approx(2.5e6)
    assert slowest.instances == 20_834
    assert slowest.vcpus == 41_668
    assert found.connection_instances == 25_000_000
    assert found.quota_rps == 100_000


def test_the_rates_of_the_seed_are_a_factor_of_ten_thousand_apart() -> None:
    """The same streams, by four of its documents: so the rate is always told."""
    needs = reckon(5e8, load_topology(), instance_rps=200, bytes_per_query=4096, total=500).needs

    assert [need.queries_per_s for need in needs] == pytest.approx([5e4, 5e6, 5e7, 5e8])
    assert needs[-1].dollars_per_hour / needs[0].dollars_per_hour == pytest.approx(10_000, rel=0.01)
