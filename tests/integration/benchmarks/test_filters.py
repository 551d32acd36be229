"""The benchmark of filters counts recall right, on a small set."""

from benchmarks.filters import SHARES, FiltersPlan, measure_filters
from benchmarks.vectors.synthetic import make_clustered


def test_every_selectivity_keeps_its_recall_and_is_never_short() -> None:
    """From nothing but one row to all of them; at recall 1.0 the answers are those of an exact search."""
    report = measure_filters(make_clustered(10_000, 20, 16), FiltersPlan(recall=1.0, top_k=10, rounds=1, timed=1))

    assert [round(share * 10_000) for share in SHARES] == [one.matching for one in report.selectivities]
    assert {0} == {one.short for one in report.selectivities}
    assert min(one.recall for one in report.selectivities) > 0.999
    assert all(one.met for one in report.selectivities)
