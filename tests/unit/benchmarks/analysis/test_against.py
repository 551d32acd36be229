"""A record beside an earlier one."""

from dataclasses import replace

import pytest

from benchmarks.analysis.against import NotComparable, against
from benchmarks.analysis.paired import Finding
from benchmarks.rehearsal.result import LatencyCounts, RecallFound, Run
from benchmarks.reports.document import to_document
from benchmarks.reports.markdown import to_markdown
from benchmarks.reports.report import report_on
from tests.builders.rehearsals import META, small_run


def with_summary(**changes: object) -> Run:
    """The small run with another summary."""
    run = small_run()
    return replace(run, summary=replace(run.summary, **changes))  # type: ignore[arg-type]


SLOWER = with_summary(
    p50_ms=40.0, p95_ms=40.0, p99_ms=40.0, latency=LatencyCounts((20.0, 30.0, 50.0), (0.0, 0.0, 360_000.0))
)


def findings(run: Run) -> dict[str, Finding]:
    """What is found of each measure, against the small run."""
    return {one.measure.name: one.finding for one in against(run, small_run())}


def test_the_same_record_is_no_regression() -> None:
    """Nothing is proven of a record against itself."""
    assert {Finding.NOT_PROVEN} == set(findings(small_run()).values())
    assert 0 == report_on(small_run(), small_run()).exit_code


def test_slower_requests_are_a_regression_of_their_own() -> None:
    """Every objective is kept, and the exit code differs from that of a broken one; the report names the measure."""
    report = report_on(SLOWER, small_run())

    assert Finding.WORSE is findings(SLOWER)["p99, ms"]
    assert (96, "kept") == (report.exit_code, report.verdict)
    assert "p99, ms: 10 to 40, +300.0%" in to_markdown(report)
    assert "abc1234" == to_document(report)["against"]["commit"]


def test_a_broken_objective_outweighs_a_regression() -> None:
    """What fails by itself needs no earlier record."""
    broken = replace(SLOWER, objectives=(replace(SLOWER.objectives[0], limit=15.0, measured=40.0),))

    assert 99 == report_on(broken, small_run()).exit_code


def test_failures_count_by_what_so_many_requests_prove() -> None:
    """One in a hundred of 360,000 is proven to be more than none; of recall and cost the same is told."""
    failing = with_summary(errors=3_600.0, served=356_400.0, cost=2_000_000)

    found = findings(failing)
    assert (Finding.WORSE, Finding.WORSE) == (found["failed, share"], found["cost of a million answers, $"])


def test_recall_of_few_queries_proves_nothing() -> None:
    """0.02 less of 100 queries may be chance; of 100,000 it is not."""
    base, few, many = (
        with_summary(recall=RecallFound(mean, queries)) for mean, queries in ((0.97, 10**5), (0.95, 100), (0.95, 10**5))
    )

    found = [next(one.finding for one in against(run, base) if one.measure.name == "recall") for run in (few, many)]
    assert [Finding.NOT_PROVEN, Finding.WORSE] == found


def test_records_of_different_things_are_not_compared() -> None:
    """A live run and a SIMULATED one differ in more than in the code."""
    live = replace(small_run(), meta=replace(META, simulated=False))

    with pytest.raises(NotComparable, match="simulated: got False, allowed: True"):
        against(live, small_run())
