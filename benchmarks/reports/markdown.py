"""A report as a page of text."""

from typing import Final

from benchmarks.analysis.burn import budget_lines
from benchmarks.reports.report import Report
from benchmarks.reports.view import notes, simulated_text, subtitle
from benchmarks.reports.wording import (
    change_lines,
    event_lines,
    interval,
    limit,
    measured,
    of_verdict,
    phase_lines,
    score_lines,
    to_change,
    told,
)

_NO_BUDGET: Final = "None: only valid runs that may let a share fail have one."


def to_markdown(report: Report) -> str:
    """The report as a page of text."""
    run = report.run
    lines = [f"# {report.word}{run.meta.title}", "", subtitle(run), ""]
    lines += [f"**SIMULATED**: {simulated_text(run)}", ""] if run.meta.simulated else []
    lines += [f"Verdict: **{report.verdict}**{of_verdict(report).removeprefix(report.verdict)}"]
    lines += ["", "## Objectives", ""]
    lines += ["| objective | limit | measured | 95 % interval | verdict |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.objective.name} | {limit(one)} | {measured(one)} | {interval(one)} | {one.verdict}"
        f"{': ' + one.why if one.why else ''} |"
        for one in report.judged
    ]
    lines += _section("Error budget", budget_lines(report.budgets), _NO_BUDGET)
    if run.phases:
        lines += _section("Before, during and after its faults", phase_lines(report))
    if report.base is not None:
        lines += _section(f"Against {report.base.meta.commit} of {report.base.meta.made_at}", change_lines(report))
    lines += _section("Score", score_lines(report.score))
    lines += _section("What to change", to_change(report))
    lines += _section("What limits it", report.bottleneck)
    lines += _section("What happened", event_lines(run), "Nothing was told.")
    lines += _section("What stood out", [told(report, one) for one in report.anomalies], "Nothing did.")
    lines += _section("About these numbers", notes(run))
    return "\n".join(lines) + "\n"


def _section(title: str, lines: tuple[str, ...] | list[str], none: str = "Nothing was seen.") -> list[str]:
    return ["", f"## {title}", "", *([f"- {line}" for line in lines] or [none])]
