"""A report as one page, whole in itself: the dashboard's page with the run in it."""

from typing import Any, Final

from benchmarks.analysis.burn import budget_lines
from benchmarks.analysis.gate import Judged, Verdict
from benchmarks.reports.report import Report
from benchmarks.reports.view import MOST_STEPS, view_of
from benchmarks.reports.wording import (
    change_lines,
    interval,
    measured,
    of_verdict,
    phase_lines,
    score_lines,
    to_change,
    told,
    valued,
)
from shared.topology import Topology
from swell.dashboard.page import page

MOST_BYTES: Final = 300_000
_LOOK: Final = {Verdict.KEPT: "good", Verdict.BROKEN: "bad", Verdict.NOT_PROVEN: "fair", Verdict.INVALID: "bad"}


def to_html(report: Report, topology: Topology) -> str:
    """The dashboard's page with the run in it; fewer steps where it would be larger than 300 kB."""
    for most_steps in (MOST_STEPS, 240, 160, 100, 60):
        view = view_of(report.run, topology, most_steps=most_steps)
        view |= {"objectives": [_shown(one) for one in report.judged], "analysis": _analysis(report)}
        document = page(view, f"{report.word}{report.run.meta.title}")
        if len(document.encode()) <= MOST_BYTES:
            break
    return document


def _analysis(report: Report) -> dict[str, Any]:
    axis = report.run.axis
    return {
        "verdict": {"text": of_verdict(report), "look": _LOOK[report.verdict]},
        "score": {"points": report.score.points, "lines": score_lines(report.score)},
        "anomalies": [
            {
                "signal": one.signal,
                "from_s": axis.start_s + one.begin * axis.step_s,
                "until_s": axis.start_s + one.end * axis.step_s,
                "text": told(report, one),
            }
            for one in report.anomalies
        ],
        "phases": phase_lines(report),
        "bottleneck": report.bottleneck,
        "budget": budget_lines(report.budgets),
        "against": change_lines(report),
        "recommendations": to_change(report),
    }


def _shown(one: Judged) -> dict[str, str]:
    return {
        "name": one.objective.name,
        "direction": one.objective.direction,
        "limit_text": valued(one, one.objective.limit),
        "measured_text": measured(one) + (f" ({interval(one)})" if one.interval else ""),
        "why": one.why,
        "verdict": one.verdict,
    }
