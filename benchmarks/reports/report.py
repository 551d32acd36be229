"""One run, judged once, in every form: Markdown, JSON, JUnit, one HTML page."""

from dataclasses import asdict, dataclass
from typing import Any, Final
from xml.etree import ElementTree as ET

import orjson

from benchmarks.analysis import exit_codes
from benchmarks.analysis.against import against
from benchmarks.analysis.anomalies import Anomaly, anomalies
from benchmarks.analysis.bottleneck import bottleneck
from benchmarks.analysis.burn import ErrorBudget, budget_lines, error_budgets
from benchmarks.analysis.gate import EXIT_CODES, Judged, Verdict, judge, verdict_of
from benchmarks.analysis.paired import Finding, Paired
from benchmarks.analysis.score import Score, score
from benchmarks.rehearsal.result import Run
from benchmarks.reports.view import notes, simulated_text, subtitle, view_of
from shared.topology import Topology
from swell.dashboard.page import page

MOST_BYTES: Final = 300_000
_LOOK: Final = {Verdict.KEPT: "good", Verdict.BROKEN: "bad", Verdict.NOT_PROVEN: "fair", Verdict.INVALID: "bad"}


@dataclass(frozen=True)
class Report:
    """A run and what follows from it."""

    run: Run
    judged: tuple[Judged, ...]
    verdict: Verdict
    score: Score
    anomalies: tuple[Anomaly, ...]
    bottleneck: tuple[str, ...]
    budgets: tuple[ErrorBudget, ...]
    base: Run | None = None
    changes: tuple[Paired, ...] = ()
    """From `base` to the run."""

    @property
    def exit_code(self) -> int:
        """0 kept, 99 broken, 98 not proven, 97 invalid; 96 where nothing is broken, but worse than the base."""
        worse = any(one.finding is Finding.WORSE for one in self.changes)
        if worse and self.verdict in {Verdict.KEPT, Verdict.NOT_PROVEN}:
            return exit_codes.REGRESSION
        return EXIT_CODES[self.verdict]

    @property
    def word(self) -> str:
        """SIMULATED, where it is."""
        return "SIMULATED · " if self.run.meta.simulated else ""


def report_on(run: Run, base: Run | None = None) -> Report:
    """Judge a run, and how it differs from an earlier one.

    Raises:
        NotComparable: the earlier one is not of the same.
    """
    judged = judge(run)
    return Report(
        run,
        judged,
        verdict_of(run, judged),
        score(run, judged),
        anomalies(run),
        bottleneck(run),
        error_budgets(run),
        base,
        () if base is None else against(run, base),
    )


def to_document(report: Report) -> dict[str, Any]:
    """The report as JSON."""
    document: dict[str, Any] = orjson.loads(
        orjson.dumps(
            {
                "simulated": report.run.meta.simulated,
                "meta": asdict(report.run.meta),
                "verdict": report.verdict,
                "exit_code": report.exit_code,
                "score": asdict(report.score),
                "objectives": [{**asdict(one), "verdict": one.verdict} for one in report.judged],
                "anomalies": [{**asdict(one), "text": told(report, one)} for one in report.anomalies],
                "bottleneck": report.bottleneck,
                "error_budgets": [{**asdict(one), "spent": one.spent} for one in report.budgets],
                "against": None if report.base is None else asdict(report.base.meta),
                "changes": [asdict(one) for one in report.changes],
                "recommendations": report.run.summary.advice,
                "summary": {**asdict(report.run.summary), "latency": None},
            }
        )
    )
    return document


def to_markdown(report: Report) -> str:
    """The report as a page of text."""
    run = report.run
    lines = [f"# {report.word}{run.meta.title}", "", subtitle(run), ""]
    lines += [f"**SIMULATED**: {simulated_text(run)}", ""] if run.meta.simulated else []
    lines += [f"Verdict: **{report.verdict}** · score {report.score.points} of 100", "", "## Objectives", ""]
    lines += ["| objective | limit | measured | 95 % interval | verdict |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.objective.name} | {_limit(one)} | {_measured(one)} | {_interval(one)} | {one.verdict}"
        f"{': ' + one.why if one.why else ''} |"
        for one in report.judged
    ]
    lines += _section("Error budget", budget_lines(report.budgets), "No objective lets a share fail.")
    if report.base is not None:
        lines += _section(f"Against {report.base.meta.commit} of {report.base.meta.made_at}", change_lines(report))
    lines += _section("Score", _score_lines(report.score))
    lines += _section("What stood out", [told(report, one) for one in report.anomalies], "Nothing did.")
    lines += _section("What limits it", report.bottleneck)
    lines += _section("What to change", run.summary.advice, "Nothing: no finding asks for a change.")
    lines += _section("About these numbers", notes(run))
    return "\n".join(lines) + "\n"


def to_junit(report: Report) -> str:
    """Each objective as a test case: not kept is a failure, not proven is skipped, without traffic is an error."""
    name = f"{report.word}{report.run.meta.scenario}"
    suite = ET.Element("testsuite", name=name, tests=str(len(report.judged)))
    for one in report.judged:
        case = ET.SubElement(suite, "testcase", classname=name, name=one.objective.name)
        text = f"measured {_measured(one)}, limit {_limit(one)}, interval {_interval(one)} {one.why}".strip()
        if report.verdict is Verdict.INVALID:
            ET.SubElement(case, "error", message=f"invalid: {report.run.meta.invalid or 'nothing was asked'}")
        elif one.verdict is Verdict.BROKEN and one.objective.hard:
            ET.SubElement(case, "failure", message=text)
        elif one.verdict is Verdict.NOT_PROVEN:
            ET.SubElement(case, "skipped", message=f"not proven: {text}")
        else:
            ET.SubElement(case, "system-out").text = text
    for result, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
        suite.set(result, str(len(suite.findall(f"testcase/{tag}"))))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def to_html(report: Report, topology: Topology) -> str:
    """The dashboard's page with the run in it; fewer steps where it would be larger than 300 kB."""
    for most_steps in (240, 160, 100, 60):
        view = view_of(report.run, topology, most_steps=most_steps)
        view |= {"objectives": [_shown(one) for one in report.judged], "analysis": _analysis(report)}
        document = page(view, f"{report.word}{report.run.meta.title}")
        if len(document.encode()) <= MOST_BYTES:
            break
    return document


def told(report: Report, one: Anomaly) -> str:
    """An anomaly in words."""
    step_min = report.run.axis.step_s / 60
    span = f"minute {one.begin * step_min:.3g}"
    span += f" to {one.end * step_min:.3g}" if one.kind != "change" else " on"
    beside = f"; with it moved {', '.join(one.beside)}" if one.beside else ""
    return f"{one.signal}: {one.kind}, {span}: {_number(one.reached)} in place of {_number(one.usual)}{beside}"


def change_lines(report: Report) -> list[str]:
    """What differs from the base; a record without enough requests for a measure has no line of it."""
    return [
        f"{one.measure.name}: {_number(one.a)} to {_number(one.b)}, {_change(one)}: {one.finding}"
        for one in report.changes
    ]


def _change(one: Paired) -> str:
    form = "+.1%" if one.measure.kind == "ratio" else "+.5f"
    return f"{one.change.mean:{form}} ({one.change.low:{form}} to {one.change.high:{form}})"


def _analysis(report: Report) -> dict[str, Any]:
    axis = report.run.axis
    return {
        "verdict": {"text": f"{report.verdict} · {report.score.points} of 100", "look": _LOOK[report.verdict]},
        "score": {"points": report.score.points, "lines": _score_lines(report.score)},
        "anomalies": [
            {
                "signal": one.signal,
                "from_s": axis.start_s + one.begin * axis.step_s,
                "until_s": axis.start_s + one.end * axis.step_s,
                "text": told(report, one),
            }
            for one in report.anomalies
        ],
        "bottleneck": report.bottleneck,
        "budget": budget_lines(report.budgets),
        "against": change_lines(report),
        "recommendations": report.run.summary.advice,
    }


def _shown(one: Judged) -> dict[str, str]:
    return {
        "name": one.objective.name,
        "direction": one.objective.direction,
        "limit_text": _number(one.objective.limit),
        "measured_text": f"{_measured(one)} ({_interval(one)}) {one.why}".strip(),
        "verdict": one.verdict,
    }


def _score_lines(found: Score) -> list[str]:
    lines = [f"{name}: {part:.2f} of 1" for name, part in found.parts.items()]
    return [*lines, "at most 59, since a hard objective is not kept"] if found.capped else lines


def _section(title: str, lines: tuple[str, ...] | list[str], none: str = "Nothing was seen.") -> list[str]:
    return ["", f"## {title}", "", *([f"- {line}" for line in lines] or [none])]


def _limit(one: Judged) -> str:
    return ("at most " if one.objective.direction == "at_most" else "at least ") + _number(one.objective.limit)


def _measured(one: Judged) -> str:
    return "nothing" if one.objective.measured is None else _number(one.objective.measured)


def _interval(one: Judged) -> str:
    return "-" if one.interval is None else f"{_number(one.interval.low)} to {_number(one.interval.high)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
