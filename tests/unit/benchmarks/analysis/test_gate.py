"""What a run proves of its objectives."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from benchmarks.analysis.gate import EXIT_CODES, Verdict, judge, verdict_of
from benchmarks.rehearsal.result import LatencyCounts, Objective, RecallFound, Run
from tests.builders.rehearsals import small_run

CLASSES = np.geomspace(1, 1e5, 2000)


def with_objective(run: Run, objective: Objective) -> Run:
    """The run, asked for this alone."""
    return replace(run, objectives=(objective,))


def test_enough_good_requests_keep_it() -> None:
    """360,000 requests without a failure prove one in a thousand."""
    run = small_run()

    assert 0 == EXIT_CODES[verdict_of(run, judge(run))]


def test_too_few_requests_prove_nothing() -> None:
    """600 requests without a failure may still come from one in a hundred."""
    run = small_run([0.1] * 100)

    judged = judge(run)

    assert Verdict.NOT_PROVEN is verdict_of(run, judged)
    assert "3,838 that fare as well would prove it" in judged[1].why


def test_no_traffic_is_no_success() -> None:
    """An idle system keeps nothing."""
    run = small_run([0.0] * 60)

    assert {Verdict.INVALID} == {verdict_of(run, judge(run)), *(one.verdict for one in judge(run))}


def test_what_is_measured_beyond_its_limit_is_broken() -> None:
    """However many requests there were; money that is not hard does not break the run."""
    slow = with_objective(small_run(), Objective("p99_ms", 5.0, "at_most", 10.0, met=False))
    dear = with_objective(small_run(), Objective("cost_dollars", 0.5, "at_most", 1.0, met=False, hard=False))

    assert (Verdict.BROKEN, Verdict.KEPT) == (verdict_of(slow, judge(slow)), verdict_of(dear, judge(dear)))
    assert Verdict.BROKEN is judge(dear)[0].verdict


@pytest.mark.parametrize("answers", [1_000, 20_000])
def test_a_quantile_above_its_limit_is_seldom_kept(answers: int) -> None:
    """Its truth 2 % above: in one run of twenty at most, however good a run looks and whatever its classes are."""
    chance, truth = np.random.default_rng(3), float(np.exp(3 + 0.5 * NormalDist().inv_cdf(0.99)))
    live = replace(small_run(), meta=replace(small_run().meta, simulated=False))
    kept = 0
    for _ in range(100):
        times = np.exp(chance.normal(3, 0.5, answers))
        counts = np.bincount(np.searchsorted(CLASSES, times), minlength=len(CLASSES)).astype(float)
        latency = LatencyCounts(tuple(CLASSES.tolist()), tuple(counts.tolist()))
        run = replace(live, summary=replace(live.summary, latency=latency))
        p99 = Objective("p99_ms", truth / 1.02, "at_most", float(np.quantile(times, 0.99)), None)
        kept += judge(with_objective(run, p99))[0].verdict is Verdict.KEPT

    assert kept <= 5


def test_a_good_quantile_within_a_class_is_proven_where_times_lie_evenly() -> None:
    """Real ones may all be at the end of their class: it is told between which ends they are."""
    run = with_objective(small_run(), Objective("p99_ms", 15.0, "at_most", 12.0, None))
    run = replace(run, summary=replace(run.summary, latency=LatencyCounts((10.0, 20.0), (98_900.0, 1_100.0))))
    live = replace(run, meta=replace(run.meta, simulated=False))

    (simulated,), (real,) = judge(run), judge(live)

    assert (Verdict.KEPT, Verdict.NOT_PROVEN) == (simulated.verdict, real.verdict)
    assert "100,000 answers leave it between 10 and 20 ms" == real.why


def test_recall_and_cost_are_hard() -> None:
    """A fast wrong answer is no good one; 50 queries do not prove what 5,000 do."""
    verdicts = []
    for queries, limit in ((5_000, 0.9), (50, 0.9), (50, 0.97)):
        run = small_run()
        run = replace(run, summary=replace(run.summary, recall=RecallFound(0.95, queries)))
        run = with_objective(run, Objective("recall", limit, "at_least", 0.95, met=limit <= 0.95))
        verdicts.append(verdict_of(run, judge(run)))
    dear = with_objective(small_run(), Objective("dollars_per_million", 1.0, "at_most", 2.8, met=False))

    assert [Verdict.KEPT, Verdict.NOT_PROVEN, Verdict.BROKEN] == verdicts
    assert Verdict.BROKEN is verdict_of(dear, judge(dear))


def test_speed_recall_and_cost_are_one_verdict() -> None:
    """Whatever of the three is broken breaks the run, however good the others are."""
    run = small_run()
    fast = Objective("p99_ms", 50.0, "at_most", 10.0, met=True)
    verdicts = {}
    for found, dollars in ((0.95, 2.0), (0.85, 2.0), (0.95, 4.0)):
        right = Objective("recall", 0.9, "at_least", found, met=None)
        cheap = Objective("dollars_per_million", 3.0, "at_most", dollars, met=None)
        summary = replace(run.summary, recall=RecallFound(found, 5_000))
        one = replace(run, summary=summary, objectives=(fast, right, cheap))
        verdicts[found, dollars] = [verdict_of(one, judge(one)), *(each.verdict for each in judge(one))]

    kept, broken = Verdict.KEPT, Verdict.BROKEN
    assert verdicts == {
        (0.95, 2.0): [kept, kept, kept, kept],
        (0.85, 2.0): [broken, kept, broken, kept],
        (0.95, 4.0): [broken, kept, kept, broken],
    }


def test_a_limit_without_exception_is_kept_where_none_was_seen() -> None:
    """No number of requests proves a share of 0; of a tier that nobody asked of, nothing is known."""
    run, none_shed = small_run(), Objective("shed_share_premium", 0.0, "at_most", 0.0, met=True)
    run = with_objective(run, none_shed)
    unasked = replace(run, summary=replace(run.summary, asked_by_tier={"premium": 0.0}))
    few = replace(run, summary=replace(run.summary, asked_by_tier={"premium": 10.0}))

    assert [Verdict.NOT_PROVEN, Verdict.KEPT] == [verdict_of(one, judge(one)) for one in (unasked, few)]
    assert "nobody of this tier asked" == judge(unasked)[0].why
