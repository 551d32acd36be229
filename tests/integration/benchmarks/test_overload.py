"""The overload benchmark on a real server, in small: that it measures, not what."""

from benchmarks.overload.goals import goals
from benchmarks.overload.run import OverloadPlan, measure_overload


def test_an_overload_is_measured_from_beginning_to_end() -> None:
    """Peak, premium alone, flood and recovery; every request got an answer."""
    plan = OverloadPlan(
        rows=1000, dimension=16, queries=8, times=3, seconds=1.0, calm_s=1.0, peak_s=0.3, connections=32
    )

    report = measure_overload(plan, lambda _: None)

    assert (0, True) == (report.unanswered, report.premium > 0)
    assert report.good_per_s > 0
    assert 7 == len(goals(report))
