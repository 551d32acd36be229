"""One evaluation as tables for a reader and as a document for a program."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np

from functions.burst_prediction.crowds import Crowd, crowds_in
from functions.burst_prediction.growth_model import bins_ahead
from functions.burst_prediction.load_history import LoadHistory, minutes_since_epoch, moment_of
from functions.burst_prediction.log_grid import bin_minutes, log_grid, requests_in_bins
from swell.forecasting.evaluation import Accuracy, Evaluation, evaluate
from swell.forecasting.rolling_origin import BackTest, back_test
from swell.forecasting.trace_events import read_events
from swell.forecasting.traces import UnreadableTrace, read_trace

# Of a short trace at most this share is scored; the rest is there to learn from.
LARGEST_TEST_SHARE = 0.6
ABSENT = "-"


@dataclass(frozen=True)
class Span:
    """Which bins are scored: the last days, or those between two moments (taken as UTC)."""

    test_days: float
    begin: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Table:
    """Headers with alignment, and rows of text."""

    columns: Mapping[str, Literal["left", "right"]]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Report:
    """An evaluation and what it is of."""

    trace: str
    test: BackTest
    events: int
    evaluation: Evaluation

    @property
    def lead_min(self) -> int:
        """Minutes from the end of the last known bin to the start of the one that is foreseen."""
        return (self.test.lead_bins - 1) * self.test.grid.bin_min

    def headline(self) -> str:
        """What was done, in a sentence or two."""
        grid = self.test.grid
        begin, end = self._moment(self.test.first), self._moment(self.test.last)
        return (
            f"{self.trace}: {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, "
            f"{self.test.last - self.test.first} bins of {grid.bin_min} minutes, lead {self.lead_min} minutes, "
            f"{self.events} scheduled events, method {self.test.method.value}.\n"
            "accuracy = 1 - WAPE, rolling origin; skill = share of persistence's error done away with; "
            "event windows are -1 h to +3 h of each start."
        )

    def _moment(self, number: int) -> datetime:
        grid = self.test.grid
        return moment_of(float(grid.centres_min[0]) + (number - 0.5) * grid.bin_min)

    def tables(self) -> tuple[Table, ...]:
        """Forecasts; the provisioning quantile; bursts and alarms."""
        return (self._forecast_table(), self._quantile_table(), self._burst_table())

    def _forecast_table(self) -> Table:
        headers = ("accuracy", "skill", "within 15 %", "in events", "skill in events", "within 15 % in events")
        rows = [
            [score.name, *_accuracy_cells(score.everywhere), *_accuracy_cells(score.in_events)]
            for score in self.evaluation.forecasts
        ]
        return Table({"forecast": "left", **dict.fromkeys(headers, "right")}, rows)

    def _quantile_table(self) -> Table:
        score = self.evaluation.provisioning
        figures = (score.pinball, score.coverage, score.coverage_in_events, score.over_provision)
        headers = ("pinball", "coverage", "coverage in events", "over-provision")
        row = [f"P{score.quantile * 100:g}", *map(_cell, figures)]
        return Table({"quantile": "left", **dict.fromkeys(headers, "right")}, [row])

    def _burst_table(self) -> Table:
        score, alarms = self.evaluation.bursts, self.evaluation.bursts.alarms
        lead = ABSENT if np.isnan(alarms.median_lead_min) else f"{alarms.median_lead_min:g} min"
        row = [
            f"{alarms.bursts}",
            _cell(score.onsets_covered),
            _cell(alarms.recall),
            f"{score.foretold_before_onset}",
            _cell(alarms.precision),
            f"{alarms.alarms}",
            lead,
        ]
        headers = ("bursts", "onsets covered", "recall", "before onset", "precision", "alarms", "median lead")
        return Table(dict.fromkeys(headers, "right"), [row])

    def document(self) -> dict[str, Any]:
        """The same as plain values; figures that do not exist are null."""
        return {
            "trace": self.trace,
            "from": self._moment(self.test.first).isoformat(),
            "to": self._moment(self.test.last).isoformat(),
            "bin_min": self.test.grid.bin_min,
            "lead_min": self.lead_min,
            "events": self.events,
            "method": self.test.method.value,
            **_plain(asdict(self.evaluation)),
            "alarm_recall": _plain(self.evaluation.bursts.alarms.recall),
            "alarm_precision": _plain(self.evaluation.bursts.alarms.precision),
        }


def report_on(trace: Path, events: Path | None, *, lead_min: int, span: Span) -> Report:
    """Back-test a trace with its events and score it.

    Raises:
        UnreadableTrace: a file cannot be read, or leaves nothing to learn from or to score.
    """
    history = whole_bins(read_trace(trace))
    crowds = _crowds(events, history)
    grid = log_grid(history)
    first, last = _bins_of(trace, span, history, len(grid), lead_min)
    test = back_test(grid, requests_in_bins(history), crowds, lead_min=lead_min, first=first, last=last)
    scored = [crowd for crowd in crowds if grid.centres_min[first] <= crowd.start_min <= grid.centres_min[last - 1]]
    return Report(trace.name, test, sum(crowd.events for crowd in scored), evaluate(test, crowds))


def whole_bins(history: LoadHistory) -> LoadHistory:
    """The history without the unknown at its end and the parts of bins at both ends: bins begin as clocks show them."""
    steps = bin_minutes(history.step_min) // history.step_min
    known = np.flatnonzero(~np.isnan(history.counts))
    end = int(known[-1]) + 1 if len(known) else 0
    skipped = int(-history.start_min / history.step_min) % steps
    end = skipped + (end - skipped) // steps * steps
    start_min = history.start_min + skipped * history.step_min
    return LoadHistory(history.region, start_min, history.step_min, history.counts[skipped : max(end, skipped)])


def _crowds(events: Path | None, history: LoadHistory) -> tuple[Crowd, ...]:
    if events is None:
        return ()
    begin, end = moment_of(history.start_min), moment_of(history.end_min) + timedelta(days=2)
    read = read_events(events, history.region)
    return crowds_in(history.region, (time for event in read for time in event.occurrences(begin, end)))


def _bins_of(trace: Path, span: Span, history: LoadHistory, bins: int, lead_min: int) -> tuple[int, int]:
    bin_min = bin_minutes(history.step_min)
    lead_bins = bins_ahead(lead_min, bin_min)

    def bin_at(moment: datetime) -> int:
        return round((minutes_since_epoch(moment.replace(tzinfo=UTC)) - history.start_min) / bin_min)

    last = bins if span.until is None else min(bins, bin_at(span.until))
    length = min(int(span.test_days * 1440 / bin_min), int(bins * LARGEST_TEST_SHARE))
    first = last - length if span.begin is None else bin_at(span.begin)
    if not lead_bins < first < last:
        raise UnreadableTrace(
            f"{trace}: got bins {first} to {last} of {bins} to score, allowed: some within the trace, with bins before"
        )
    return first, last


def _accuracy_cells(accuracy: Accuracy | None) -> list[str]:
    if accuracy is None:
        return [ABSENT, ABSENT, ABSENT]
    return [_cell(accuracy.accuracy), _cell(accuracy.skill), _cell(accuracy.within_15)]


def _cell(figure: float) -> str:
    return ABSENT if np.isnan(figure) else f"{figure:.3f}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 6)
    return value
