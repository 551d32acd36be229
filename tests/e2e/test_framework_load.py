"""The query function as Cloud Run runs it, asked by many at once."""

from pathlib import Path

from benchmarks.framework import FrameworkLoad, load_framework


def test_many_at_once_are_answered_rightly_under_functions_framework(tmp_path: Path) -> None:
    """Each gets its own answer, whoever it shared a call of the engine with; who has no place hears 503."""
    report = load_framework(FrameworkLoad(rows=300, queries=60, callers=24, seconds=1.0), tmp_path)

    assert {200} <= set(report.statuses) <= {200, 503}
    assert 0 == report.wrong
    assert report.per_call >= 1
    assert report.memory_after <= 2 * report.memory_before
