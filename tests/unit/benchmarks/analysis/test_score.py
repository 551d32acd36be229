"""A score never rises by what gets worse."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.analysis.gate import Verdict, judge, verdict_of
from benchmarks.analysis.score import score
from benchmarks.rehearsal.result import Objective, Run
from tests.builders.rehearsals import small_run


def run_of(answered: float, p99_ms: float | None, dollars: float) -> Run:
    """So many are answered, at such a p99, for so much."""
    run, asked = small_run(), small_run().summary.asked
    objectives = (
        Objective("p99_ms", 100.0, "at_most", p99_ms, None),
        Objective("cost_dollars", 100.0, "at_most", dollars, None),
        Objective("error_share", 0.01, "at_most", 1 - answered, None),
    )
    summary = replace(run.summary, errors=asked * (1 - answered), served=asked * answered)
    return replace(run, objectives=objectives, summary=summary)


def points(answered: float, p99_ms: float | None, dollars: float) -> int:
    """Its score."""
    run = run_of(answered, p99_ms, dollars)
    return score(run, judge(run)).points


SHARES = st.floats(0.0, 1.0)
AMOUNTS = st.floats(0.0, 1e6)


@settings(max_examples=60, deadline=None)
@given(st.tuples(SHARES, AMOUNTS, AMOUNTS), st.tuples(SHARES, AMOUNTS, AMOUNTS))
def test_nothing_that_gets_worse_raises_it(
    good: tuple[float, float, float], worse_by: tuple[float, float, float]
) -> None:
    """Fewer answers, later, for more."""
    answered, p99_ms, dollars = good
    fewer, later, dearer = worse_by
    assert points(answered * fewer, p99_ms + later, dollars + dearer) <= points(answered, p99_ms, dollars)


@settings(max_examples=60, deadline=None)
@given(answered=SHARES, p99_ms=AMOUNTS, dollars=AMOUNTS, has_traffic=st.booleans())
def test_points_follow_from_the_parts_and_the_verdict(
    *, answered: float, p99_ms: float, dollars: float, has_traffic: bool
) -> None:
    """0 to 100, each part from 0 to 1; 59 at most where a promise is broken, 100 only where all is, and 0 idle."""
    run = run_of(answered, p99_ms, dollars) if has_traffic else small_run([0.0] * 9)

    judged = judge(run)
    found = score(run, judged)

    assert 0 <= found.points <= 100
    assert all(0 <= part <= 1 for part in found.parts.values())
    verdict = verdict_of(run, judged)
    assert found.points <= {Verdict.BROKEN: 59, Verdict.INVALID: 0}.get(verdict, 100)
    assert (found.points == 0) >= (verdict is Verdict.INVALID)
    assert found.points < 100 or all(part > 0.97 for part in found.parts.values())


def test_nobody_answered_is_not_better_than_one_answered_late() -> None:
    """Without an answer there is no p99: that is no part less."""
    assert points(0.0, None, 50.0) <= points(1e-5, 1e5, 50.0)
