"""What so many requests can prove."""

import pytest

from benchmarks.analysis.intervals import quantile_interval, requests_to_prove, share_interval
from benchmarks.rehearsal.result import LatencyCounts


@pytest.mark.parametrize(
    ("events", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 100, 0.0552, 0.1744)]
)
def test_shares_have_wilsons_interval(events: int, of: int, low: float, high: float) -> None:
    """Against published values of it."""
    found = share_interval(events, of)

    assert pytest.approx(low, abs=1e-4) == found.low
    assert pytest.approx(high, abs=1e-4) == found.high


def test_four_nines_need_thirty_thousand() -> None:
    """The rule of three."""
    assert 29_956 == requests_to_prove(1e-4)


def test_a_quantile_lies_between_its_neighbours_by_rank() -> None:
    """Of 10,000 requests at 1, 2, ... 100 ms in turn, the median is between ranks 4,902 and 5,099."""
    latency = LatencyCounts(tuple(float(ms) for ms in range(1, 101)), (100.0,) * 100)

    found = quantile_interval(latency, 0.5)

    assert found is not None
    assert (49.0, 51.0) == (found.low, found.high)


def test_few_requests_have_no_upper_end() -> None:
    """The 99th percentile of 50 requests may be anything above."""
    assert quantile_interval(LatencyCounts((10.0,), (50.0,)), 0.99) is None
