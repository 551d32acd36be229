"""One run in every form."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from benchmarks.rehearsal.result import Entry, Instances, Objective, RegionSeries
from benchmarks.reports.document import to_document
from benchmarks.reports.junit import to_junit
from benchmarks.reports.markdown import to_markdown
from benchmarks.reports.report import report_on
from benchmarks.reports.whole_page import MOST_BYTES, to_html
from benchmarks.reports.wording import to_change, valued
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
    assert "Nothing: every hard objective is kept." in to_markdown(report)
    assert "0" == ET.fromstring(to_junit(report)).get("failures")  # noqa: S314 - made here


def test_a_broken_objective_fails_and_caps_the_score() -> None:
    """However good the rest is."""
    report = report_on(BROKEN)

    assert 99 == report.exit_code
    assert report.score.points <= 59
    assert "1" == ET.fromstring(to_junit(report)).get("failures")  # noqa: S314 - made here


def test_an_invalid_run_says_why_and_nothing_else() -> None:
    """No objective of it is kept or broken, it has no points and no budget."""
    run = replace(BROKEN, meta=replace(BROKEN.meta, invalid="the generator was late"))

    report = report_on(run)

    assert (97, 0, ()) == (report.exit_code, report.score.points, report.budgets)
    text = to_markdown(report)
    assert "Verdict: **invalid**: the generator was late" in text
    assert not re.search("broken|kept", text)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("p99_ms", 41.508, "41.51 ms"),
        ("recovery_s", 90.0, "90 s"),
        ("error_share", 0.001545, "0.1545 %"),
        ("error_share", 1e-9, "under 0.0001 %"),
        ("shed_share_premium", 0.0, "0 %"),
        ("availability", 0.99995, "99.995 %"),
        ("cost_dollars", 32_557.4, "$32,557"),
        ("recall", 0.992, "0.992"),
    ],
)
def test_values_have_their_units(name: str, value: float, told: str) -> None:
    """In every form that people read."""
    (one,) = report_on(replace(small_run(), objectives=(Objective(name, 1.0, "at_most", value, met=None),))).judged

    assert told == valued(one, value)


def test_what_to_change_follows_from_the_verdict() -> None:
    """Where the simulator advises nothing: a broken run is not told to change nothing."""
    few = report_on(small_run([0.1] * 100))

    assert "Ask more" in to_change(few)[0]
    assert "No change is known" in to_change(report_on(BROKEN))[0]
    assert ("raise it",) == to_change(report_on(replace(BROKEN, summary=replace(BROKEN.summary, advice=("raise it",)))))


def test_no_traffic_scores_nothing() -> None:
    """An idle system is not excellent."""
    report = report_on(small_run([0.0] * 60))

    assert (97, 0) == (report.exit_code, report.score.points)


def test_the_page_is_small() -> None:
    """A day by the second, too."""
    assert len(to_html(report_on(small_run([100.0] * 20_000)), load_topology()).encode()) < MOST_BYTES


def test_the_largest_page_has_room() -> None:
    """Every region of topology.yaml at numbers that never repeat, three that help each of them, hundreds of events."""
    topology, drawn = load_topology(), np.random.default_rng(1)

    def series(low: float = 1.0, high: float = 1e6) -> tuple[float, ...]:
        return tuple(drawn.uniform(low, high, 360).tolist())

    def region(name: str) -> RegionSeries:
        helpers = [one for one in topology.regions if one != name][:3]
        return RegionSeries(
            asked_rps=series(),
            offered_rps=series(),
            served_rps=series(),
            errors_rps=series(),
            shed_rps={"free": series()},
            p50_ms=series(),
            p95_ms=series(),
            p99_ms=series(),
            utilisation=series(0, 1),
            health=series(0, 100),
            queued=series(),
            instances=Instances(series(), series(), series(), series(), series()),
            spilled_rps={helper: series() for helper in helpers},
        )

    events = tuple(Entry(60.0 * minute, "plan", "of twenty words or so " * 6) for minute in range(250))
    run = replace(small_run(series()), regions={name: region(name) for name in topology.regions}, timeline=events)

    page = to_html(report_on(run), topology)

    assert 15 == len(run.regions)
    assert re.search(r'"points":(360|180),', page)
    assert len(page.encode()) < MOST_BYTES
