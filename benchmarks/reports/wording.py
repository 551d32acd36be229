"""What a report says, in words: the same in each of its forms."""

from benchmarks.analysis.anomalies import Anomaly
from benchmarks.analysis.gate import Judged
from benchmarks.analysis.paired import Paired
from benchmarks.analysis.score import Score
from benchmarks.reports.report import Report


def told(report: Report, one: Anomaly) -> str:
    """An anomaly in words."""
    step_min = report.run.axis.step_s / 60
    span = f"minute {one.begin * step_min:.3g}"
    span += f" to {one.end * step_min:.3g}" if one.kind != "change" else " on"
    beside = f"; with it moved {', '.join(one.beside)}" if one.beside else ""
    return f"{one.signal}: {one.kind}, {span}: {number(one.reached)} in place of {number(one.usual)}{beside}"


def change_lines(report: Report) -> list[str]:
    """What differs from the base; a record without enough requests for a measure has no line of it."""
    return [
        f"{one.measure.name}: {number(one.a)} to {number(one.b)}, {_change(one)}: {one.finding}"
        for one in report.changes
    ]


def _change(one: Paired) -> str:
    form = "+.1%" if one.measure.kind == "ratio" else "+.5f"
    return f"{one.change.mean:{form}} ({one.change.low:{form}} to {one.change.high:{form}})"


def score_lines(found: Score) -> list[str]:
    """Each part of the score."""
    lines = [f"{name}: {part:.2f} of 1" for name, part in found.parts.items()]
    return [*lines, "at most 59, since a hard objective is not kept"] if found.capped else lines


def limit(one: Judged) -> str:
    """What was promised."""
    return ("at most " if one.objective.direction == "at_most" else "at least ") + number(one.objective.limit)


def measured(one: Judged) -> str:
    """What came of it."""
    return "nothing" if one.objective.measured is None else number(one.objective.measured)


def interval(one: Judged) -> str:
    """Where the truth lies, where that can be said."""
    return "-" if one.interval is None else f"{number(one.interval.low)} to {number(one.interval.high)}"


def number(value: float) -> str:
    """As it is written in sentences."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
