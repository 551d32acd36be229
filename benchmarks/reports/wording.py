"""What a report says, in words: the same in each of its forms."""

from typing import Final

from benchmarks.analysis.anomalies import Anomaly
from benchmarks.analysis.gate import Judged, Verdict
from benchmarks.analysis.paired import Paired
from benchmarks.analysis.score import Score
from benchmarks.rehearsal.result import Entry, Run
from benchmarks.rehearsal.series import moment
from benchmarks.reports.report import Report
from benchmarks.reports.timeline import FREQUENT, shortened

_MOST_EVENTS: Final = 60
_NOTHING: Final = 1e-3
_LEAST_SHARE: Final = 1e-6
_NEARLY_ALL: Final = 0.9
_UNITS: Final = {
    "asked": "a second",
    "served": "a second",
    "errors": "a second",
    "shed": "a second",
    "p99": "ms",
    "actual": "instances",
    "starting": "instances",
}
_WITHOUT_ADVICE: Final = {
    Verdict.KEPT: "Nothing: every hard objective is kept.",
    Verdict.BROKEN: "No change is known that would mend it: see what limits it.",
    Verdict.NOT_PROVEN: "Ask more: so few requests prove neither that it is good nor that it is not.",
    Verdict.INVALID: "The run, not the server: an invalid run says nothing of it.",
}


def told(report: Report, one: Anomaly) -> str:
    """An anomaly in words."""
    step_s = report.run.axis.step_s
    begin, end = moment(one.begin * step_s), moment(one.end * step_s)
    span = f"{begin} on" if one.kind == "change" else f"{begin} to {end.removeprefix(begin.split()[0]).strip()}"
    beside = f"; with it moved {', '.join(one.beside)}" if one.beside else ""
    reached, usual = (number(value if abs(value) > _NOTHING else 0.0) for value in (one.reached, one.usual))
    return f"{one.signal}: {one.kind}, {span}: {reached} {_UNITS[one.signal]} in place of {usual}{beside}"


def change_lines(report: Report) -> list[str]:
    """What differs from the base; a record without enough requests for a measure has no line of it."""
    return [
        f"{one.measure.name}: {number(one.a)} to {number(one.b)}, {_change(one)}: {one.finding}"
        for one in report.changes
    ]


def _change(one: Paired) -> str:
    form = "+.1%" if one.measure.kind == "ratio" else "+.5f"
    return f"{one.change.mean:{form}} ({one.change.low:{form}} to {one.change.high:{form}})"


def rare_events(run: Run) -> list[Entry]:
    """The evening without what scaling and routing did, of which there is much: the page and the record have it."""
    return [entry for entry in shortened(run.timeline, _MOST_EVENTS) if entry.kind not in FREQUENT]


def event_lines(run: Run) -> list[str]:
    """The same for people."""
    return [
        f"{moment(entry.at_s - run.axis.start_s)}, {entry.kind.replace('_', ' ')}: {entry.text}"
        for entry in rare_events(run)
    ]


def phase_lines(report: Report) -> list[str]:
    """A live run before, during and after its faults."""
    return [
        f"{one.name}, {one.from_s:.1f} to {one.to_s:.1f} s: {one.asked:,} asked, {one.errors:,} failed; "
        f"p50 {_ms(one.p50_ms)}, p95 {_ms(one.p95_ms)}, p99 {_ms(one.p99_ms)}"
        for one in report.run.phases
    ]


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{number(value)} ms"


def score_lines(found: Score) -> list[str]:
    """Each part of the score."""
    lines = [f"{name}: {part:.2f} of 1" for name, part in found.parts.items()]
    return [*lines, "at most 59, since a hard objective is not kept"] if found.capped else lines


def limit(one: Judged) -> str:
    """What was promised."""
    return ("at most " if one.objective.direction == "at_most" else "at least ") + valued(one, one.objective.limit)


def measured(one: Judged) -> str:
    """What came of it."""
    return "nothing" if one.objective.measured is None else valued(one, one.objective.measured)


def interval(one: Judged) -> str:
    """Where the truth lies, where that can be said."""
    return "-" if one.interval is None else f"{valued(one, one.interval.low)} to {valued(one, one.interval.high)}"


def valued(one: Judged, value: float) -> str:
    """A value of an objective with its unit."""
    name = one.objective.name
    if name in {"error_share", "availability"} or name.startswith("shed_share"):
        return "under 0.0001 %" if 0 < value < _LEAST_SHARE else f"{value * 100:.{6 if value > _NEARLY_ALL else 4}g} %"
    if name in {"cost_dollars", "dollars_per_million"}:
        return f"${number(value)}"
    unit = next((unit for ending, unit in (("_ms", " ms"), ("_s", " s")) if name.endswith(ending)), "")
    return number(value) + unit


def to_change(report: Report) -> tuple[str, ...]:
    """What the simulator advises; where it advises nothing, what follows from the verdict."""
    return report.run.summary.advice or (_WITHOUT_ADVICE[report.verdict],)


def of_verdict(report: Report) -> str:
    """The verdict and its points, or why there are none."""
    if report.verdict is Verdict.INVALID:
        return f"{report.verdict}: {report.run.meta.invalid or 'nothing was asked'}"
    return f"{report.verdict} · score {report.score.points} of 100"


def number(value: float) -> str:
    """As it is written in sentences."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
