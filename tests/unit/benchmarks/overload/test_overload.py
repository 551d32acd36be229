"""How an overload is judged."""

from dataclasses import replace

import numpy as np

from benchmarks.load.open_loop import Offered
from benchmarks.overload.goals import goals
from benchmarks.overload.run import OverloadReport, recovery_s

GOOD = OverloadReport(
    peak_per_s=100.0,
    offered_per_s=1000.0,
    good_per_s=85.0,
    unloaded_p99_ms=10.0,
    premium_p99_ms=19.0,
    premium_refused=0,
    premium=300,
    refusals=9000,
    refusal_p50_ms=0.5,
    refusal_p99_ms=4.0,
    unanswered=0,
    memory_before=100,
    memory_after=120,
    recovery_s=0.5,
    generator_cpu_share=0.3,
    invalid=None,
)


def test_goals_are_ratios_within_one_run() -> None:
    """All are reached; and each is missed by the figure that belongs to it."""
    worse = replace(
        GOOD,
        good_per_s=79.0,
        premium_p99_ms=21.0,
        premium_refused=1,
        refusal_p99_ms=5.1,
        unanswered=1,
        memory_after=151,
        recovery_s=5.5,
    )

    assert ["PASS"] * 7 == [goal.verdict for goal in goals(GOOD)]
    assert ["MISS"] * 7 == [goal.verdict for goal in goals(worse)]


def test_recovery_is_the_end_of_the_last_time_that_was_not_calm() -> None:
    """Slow answers until 1.3 s after the end: calm from the half second after that."""
    due_s = np.arange(0, 20, 0.1)
    slow = due_s < 11.35
    premium = Offered(due_s, np.where(slow, 90.0, 10.0), np.full(len(due_s), 200), np.zeros(len(due_s)))

    assert 1.5 == recovery_s(premium, 10.0, 10.0)
    assert 0.0 == recovery_s(replace(premium, latency_ms=np.full(len(due_s), 10.0)), 10.0, 10.0)
