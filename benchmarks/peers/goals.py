"""What Swell has to be beside Chroma, and whether it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Final

from benchmarks.measure.least_effort import RECALL_FLOOR
from benchmarks.measure.ratio import Ratio
from benchmarks.peers.comparison import Comparison, SystemReport

LONGEST_COLD_START_S: Final = 0.5

Figures = Callable[[SystemReport], Sequence[float | None]]


@dataclass(frozen=True)
class Measure:
    """One line of the report. Figures are medians over rounds; the ratio is ours over theirs, round by round.

    `met` is None where there is no goal, or nothing to judge by.
    """

    name: str
    unit: str
    ours: float | None
    theirs: float | None
    ratio: Ratio | None
    goal: str
    met: bool | None
    invalid: str | None = None


@dataclass(frozen=True)
class _Wanted:
    """A measure, and which ratios are good enough."""

    name: str
    unit: str
    figures: Figures
    goal: str = ""
    at_least: float | None = None
    at_most: float | None = None

    def of(self, ours: SystemReport, theirs: SystemReport, invalid: str | None) -> Measure:
        mine, others = self.figures(ours), self.figures(theirs)
        known = [(a, b) for a, b in zip(mine, others, strict=True) if a is not None and b]
        if not known:
            return Measure(self.name, self.unit, _median(mine), _median(others), None, self.goal, None, invalid)
        ratio = Ratio.of([a for a, _ in known], [b for _, b in known])
        met = None if invalid else self._met(ratio.median)
        return Measure(self.name, self.unit, _median(mine), _median(others), ratio, self.goal, met, invalid)

    def _met(self, ratio: float) -> bool | None:
        if self.at_least is not None:
            return ratio >= self.at_least
        return None if self.at_most is None else ratio <= self.at_most


_FROM_LOAD: Final = (
    _Wanted("QPS at 16 connections", "/s", lambda one: [v.queries_per_s for v in one.visits], "≥ 3x", at_least=3),
    _Wanted("p50 at 16 connections", "ms", lambda one: [v.many.p50_ms for v in one.visits]),
    _Wanted("p99 at 16 connections", "ms", lambda one: [v.many.p99_ms for v in one.visits]),
)
_OTHERS: Final = (
    _Wanted("p50 at 1 connection", "ms", lambda one: [v.single.p50_ms for v in one.visits], "≤ 1x", at_most=1),
    _Wanted("p99 at 1 connection", "ms", lambda one: [v.single.p99_ms for v in one.visits]),
    _Wanted("server CPU a query", "ms", lambda one: [v.server_cpu_ms for v in one.visits]),
    _Wanted(
        "ingest until indexed", "rows/s", lambda one: [i.rows / i.indexed_s for i in one.ingested], "≥ 5x", at_least=5
    ),
    _Wanted("ingest until searchable", "rows/s", lambda one: [i.rows / i.searchable_s for i in one.ingested]),
    _Wanted("memory, warm", "bytes", lambda one: [v.memory_bytes for v in one.visits], "≤ 0.5x", at_most=0.5),
    _Wanted("  of it, pages of files", "bytes", lambda one: [v.file_bytes for v in one.visits]),
    _Wanted("bytes on disk", "bytes", lambda one: [one.disk_bytes]),
)


def measures(comparison: Comparison) -> list[Measure]:
    """All lines of the report, for the first system against the second."""
    ours, theirs = comparison.systems
    invalid = next((visit.invalid for visit in (*ours.visits, *theirs.visits) if visit.invalid), None)
    return [
        _recall(ours, theirs),
        *(wanted.of(ours, theirs, invalid) for wanted in _FROM_LOAD),
        *(wanted.of(ours, theirs, None) for wanted in _OTHERS),
        _cold_start(ours, theirs),
    ]


def _recall(ours: SystemReport, theirs: SystemReport) -> Measure:
    """Of the answers in the timed rounds; without the floor on both sides the other ratios are not at one recall."""
    mine, others = (mean(visit.recall for visit in one.visits) for one in (ours, theirs))
    ratio = Ratio.of([mine], [others])
    return Measure("recall@10", "", mine, others, ratio, f"≥ {RECALL_FLOOR}", mine >= RECALL_FLOOR)


def _cold_start(ours: SystemReport, theirs: SystemReport) -> Measure:
    """Two goals in one: beside the peer, and in seconds."""
    line = _Wanted("cold start, first right answer", "s", lambda one: one.cold_starts_s, at_most=1)
    beside = line.of(ours, theirs, None)
    met = bool(beside.met) and median(ours.cold_starts_s) <= LONGEST_COLD_START_S
    goal = f"≤ 1x and ≤ {LONGEST_COLD_START_S} s"
    return Measure(beside.name, beside.unit, beside.ours, beside.theirs, beside.ratio, goal, met)


def _median(figures: Sequence[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return median(known) if known else None
