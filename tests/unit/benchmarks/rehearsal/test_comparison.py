"""Policies are compared on the same requests, and told apart only where the interval says so."""

from dataclasses import replace

import pytest

from benchmarks.rehearsal.comparison import Interval, differences
from benchmarks.rehearsal.result import Summary
from tests.builders.rehearsals import small_run


def summaries(*errors: float, cost: int = 1_000_000) -> list[Summary]:
    """One for each seed, of 1,000 requests."""
    summary = small_run().summary
    return [replace(summary, asked=1000.0, served=1000.0 - failed, errors=failed, cost=cost) for failed in errors]


def test_a_difference_that_every_seed_shows_is_told() -> None:
    """Pairing takes out what the seeds have in common: 10 fewer failures each, whatever their level."""
    failed = differences(summaries(10, 110, 55), summaries(20, 121, 64))[0]

    assert failed.more.mean == pytest.approx(-1.0)
    assert failed.verdict == "better"


def test_a_difference_that_changes_its_sign_is_not_told() -> None:
    """An interval that holds 0 shows nothing."""
    failed = differences(summaries(10, 30, 20), summaries(20, 20, 20))[0]

    assert failed.more.low < 0 < failed.more.high
    assert failed.verdict == "no difference shown"


def test_the_interval_is_students() -> None:
    """Three values, two degrees of freedom: 4.303 standard errors to each side."""
    interval = Interval.of([1.0, 2.0, 3.0])

    assert (interval.mean, interval.high - interval.mean) == pytest.approx((2.0, 4.303 / 3**0.5))


def test_a_single_seed_proves_nothing() -> None:
    """The interval is everything."""
    assert differences(summaries(1), summaries(500))[0].verdict == "no difference shown"
