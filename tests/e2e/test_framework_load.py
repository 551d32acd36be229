"""The query function as Cloud Run runs it, asked by many at once."""

from pathlib import Path

from benchmarks.framework import FrameworkLoad, load_framework


def test_many_at_once_are_answered_rightly_under_functions_framework(tmp_path: Path) -> None:
    """Each gets its own answer, whoever it shared a call of the engine with; who has no place hears 503.

    So do those who come as the viewers of a recorded evening did.
    """
    load = FrameworkLoad(rows=300, queries=60, callers=24, seconds=1.0, scenario="world-cup", peak_per_s=80)

    callers, arrivals = load_framework(load, tmp_path)

    for report in (callers, arrivals):
        assert {200} <= set(report.statuses) <= {200, 503}
        assert 0 == report.wrong
        assert report.per_call >= 1
    assert callers.memory_after <= 2 * callers.memory_before
    assert arrivals.statuses.total() > 20
