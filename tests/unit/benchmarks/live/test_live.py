"""When the requests of a live run are due, and what is kept of them."""

import numpy as np
import pytest

from benchmarks.analysis.gate import EXIT_CODES, Verdict
from benchmarks.live.arrivals import arrivals_of
from benchmarks.live.record import REGION, Played, record_of
from benchmarks.load.open_loop import Offered
from benchmarks.rehearsal.record_file import of_json, to_json
from benchmarks.rehearsal.result import RecallFound
from benchmarks.reports.report import report_on
from benchmarks.scenarios.catalog import find_scenario
from shared.domain.tier import Tier
from shared.topology import load_topology

SCENARIO = find_scenario("burst-10x")


def test_arrivals_have_the_shape_of_the_scenario() -> None:
    """As many as the area under it, most where it is highest, the same again for the same seed."""
    arrivals = arrivals_of(SCENARIO, load_topology(), peak_per_s=500, seconds=20)
    again = arrivals_of(SCENARIO, load_topology(), peak_per_s=500, seconds=20)

    due_s = np.sort(np.concatenate(list(arrivals.due_s.values())))
    expected = np.trapezoid(arrivals.rate_at, arrivals.rate_times_s)
    assert arrivals.count == pytest.approx(expected, rel=0.1)
    counts, edges = np.histogram(due_s, bins=20, range=(0, 20))
    rates = np.interp((edges[1:] + edges[:-1]) / 2, arrivals.rate_times_s, arrivals.rate_at)
    assert float(np.corrcoef(counts, rates)[0, 1]) > 0.95
    assert all(np.array_equal(due, again.due_s[key]) for key, due in arrivals.due_s.items())
    by_tier = {
        tier: sum(len(due) for what, due in arrivals.due_s.items() if what.tier is tier) for tier in SCENARIO.tiers
    }
    assert by_tier[Tier.STANDARD] / arrivals.count == pytest.approx(SCENARIO.tiers[Tier.STANDARD], abs=0.05)


def test_the_record_counts_everything_once() -> None:
    """Served and failed are what was asked; a refusal failed; a broken promise is not survived; it reads back."""
    arrivals = arrivals_of(SCENARIO, load_topology(), peak_per_s=100, seconds=5)
    statuses = np.array([200, 200, 200, 429, 500])
    offered = {
        key: Offered(due, np.full(len(due), 7.0), np.resize(statuses, len(due)), np.zeros(len(due)))
        for key, due in arrivals.due_s.items()
        if len(due)
    }

    run = record_of(Played(SCENARIO, arrivals, offered, 100, 5, cpu_s=2.0, recall=RecallFound(0.9, 40)), "abc")

    summary = run.summary
    assert summary.asked == summary.served + summary.errors == arrivals.count
    assert summary.errors == pytest.approx(arrivals.count * 2 / 5, abs=len(offered))
    assert any("refused for want of a place" in note for note in run.meta.notes)
    assert sum(value or 0 for value in run.regions[REGION].served_rps) == summary.served
    assert (False, 7.0, False) == (run.meta.simulated, summary.p99_ms, summary.survived)
    # 2 s of a vCPU and of 2 GiB: 48,000 + 10,000 nano-dollars, and 400 a request.
    assert summary.cost == -(-(58_000 + 400 * arrivals.count) // 1000)
    assert [mean for mean in run.world.mean_ms or () if mean is not None] == pytest.approx([7.0] * 5)
    assert run == of_json(to_json(run))


def test_a_run_that_ended_early_says_so_and_counts_what_was_sent() -> None:
    """PARTIAL and INVALID are told where the record is read, and an invalid run has no other verdict."""
    arrivals = arrivals_of(SCENARIO, load_topology(), peak_per_s=100, seconds=2)
    offered = {
        what: Offered(due, np.ones(len(due)), np.full(len(due), 200), np.zeros(len(due)))
        for what, due in arrivals.due_s.items()
    }

    played = Played(
        SCENARIO,
        arrivals,
        offered,
        100,
        2.0,
        whole_s=5.0,
        ended_early="interrupted",
        invalid="it was the bottleneck",
    )
    run = record_of(played, "abc")

    assert run.meta.notes[:2] == (
        "INVALID: it was the bottleneck.",
        "PARTIAL: it ended after 2.0 of 5 s: interrupted.",
    )
    assert (run.axis.points, run.summary.asked) == (2, float(arrivals.count))
    assert report_on(run).exit_code == EXIT_CODES[Verdict.INVALID]
