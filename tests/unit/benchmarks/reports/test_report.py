"""One run in every form."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from benchmarks.rehearsal.result import Objective
from benchmarks.reports.document import to_document
from benchmarks.reports.junit import to_junit
from benchmarks.reports.markdown import to_markdown
from benchmarks.reports.report import report_on
from benchmarks.reports.whole_page import MOST_BYTES, to_html
from shared.topology import load_topology
from tests.builders.rehearsals import small_run

BROKEN = replace(small_run(), objectives=(Objective("p99_ms", 9.0, "at_most", 10.0, met=False),))


def test_every_form_says_simulated() -> None:
    """Each of them may be passed on alone."""
    report = report_on(small_run())

    assert all(
        "SIMULATED" in text for text in (to_markdown(report), to_junit(report), to_html(report, load_topology()))
    )
    assert to_document(report)["simulated"] is True


def test_a_good_run_passes_and_asks_for_nothing() -> None:
    """No advice is invented."""
    report = report_on(small_run())

    assert (0, 100) == (report.exit_code, report.score.points)
    assert "Nothing: no finding asks for a change." in to_markdown(report)
    assert "0" == ET.fromstring(to_junit(report)).get("failures")  # noqa: S314 - made here


def test_a_broken_objective_fails_and_caps_the_score() -> None:
    """However good the rest is."""
    report = report_on(BROKEN)

    assert 99 == report.exit_code
    assert report.score.points <= 59
    assert "1" == ET.fromstring(to_junit(report)).get("failures")  # noqa: S314 - made here


def test_no_traffic_scores_nothing() -> None:
    """An idle system is not excellent."""
    report = report_on(small_run([0.0] * 60))

    assert (97, 0) == (report.exit_code, report.score.points)


def test_the_page_is_small() -> None:
    """A day by the second, too."""
    assert len(to_html(report_on(small_run([100.0] * 20_000)), load_topology()).encode()) < MOST_BYTES
