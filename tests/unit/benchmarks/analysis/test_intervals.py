"""What so many requests can prove."""

import pytest

from benchmarks.analysis.intervals import quantile_interval, requests_to_bound, requests_to_prove, share_interval
from benchmarks.rehearsal.result import LatencyCounts


@pytest.mark.parametrize(
    ("events", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 100, 0.0552, 0.1744)]
)
def test_shares_have_wilsons_interval(events: int, of: int, low: float, high: float) -> None:
    """Against published values of it."""
    found = share_interval(events, of)

    assert pytest.approx(low, abs=1e-4) == found.low
    assert pytest.approx(high, abs=1e-4) == found.high


@pytest.mark.parametrize(("limit", "failed"), [(1e-4, 0.0), (0.01, 0.0), (0.05, 0.04)])
def test_so_many_requests_prove_a_share_and_one_less_does_not(limit: float, failed: float) -> None:
    """What is said to be enough is so by the interval that judges."""
    enough = requests_to_prove(limit, failed)

    assert enough is not None
    fewer = enough - 1
    assert share_interval(failed * enough, enough).high <= limit < share_interval(failed * fewer, fewer).high


def test_four_nines_need_forty_thousand() -> None:
    """Where none of them fails; a share at its limit is never proven."""
    assert 38_411 == requests_to_prove(1e-4)
    assert requests_to_prove(1e-4, 1e-4) is None


@pytest.mark.parametrize("quantile", [0.5, 0.95, 0.99])
def test_so_many_requests_bound_a_quantile_and_one_less_does_not(quantile: float) -> None:
    """What is said to be enough is so by the interval that judges."""
    enough = requests_to_bound(quantile)

    bounded = [quantile_interval(LatencyCounts((10.0,), (float(count),)), quantile) for count in (enough - 1, enough)]

    assert [True, False] == [one is None for one in bounded]


def test_a_quantile_lies_between_its_neighbours_by_rank() -> None:
    """Of 10,000 requests at 1, 2, ... 100 ms in turn, the median is between ranks 4,902 and 5,099."""
    latency = LatencyCounts(tuple(float(ms) for ms in range(1, 101)), (100.0,) * 100)

    found = quantile_interval(latency, 0.5)

    assert found is not None
    assert (49.0, 51.0) == (found.low, found.high)


def test_few_requests_have_no_upper_end() -> None:
    """The 99th percentile of 50 requests may be anything above."""
    assert quantile_interval(LatencyCounts((10.0,), (50.0,)), 0.99) is None
