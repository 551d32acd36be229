"""The bursts that came in the last four weeks, whether each was provided for, and the alarms that were raised.

Bursts, onsets and what an alarm foretells are those of `bursts`; so the scores here mean what a back-test's do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from functions.burst_prediction.bursts import CALM_HOURS, COVERED_SHARE, ONSET_MIN, burst_bins, score_alarms
from functions.burst_prediction.forecast import last_days
from functions.burst_prediction.log_grid import BIN_MIN, LogGrid
from functions.burst_prediction.naive import held
from functions.burst_prediction.score_log import LATE_MIN, ScoredBin

KEPT_MIN: Final = 28 * 1440
_CALM_MIN: Final = 60 * CALM_HOURS
_DAYS_LOOKED_AT: Final = 8
"""A day of onsets, and the week before each that tells a burst from a usual hour."""


@dataclass(frozen=True)
class Onset:
    """When a burst began, in minutes since 1970-01-01 UTC, and whether P95 of 15 minutes before provided for it."""

    began_min: float
    covered: bool


@dataclass(frozen=True)
class AlarmRun:
    """An alarm, from when it was first raised to when it was raised last."""

    first_min: float
    last_min: float


@dataclass(frozen=True)
class BurstScores:
    """How bursts of the last four weeks were met; shares and minutes are not numbers where nothing was."""

    bursts: int
    onsets_covered: float
    alarms: int
    recall: float
    precision: float
    median_lead_min: float


@dataclass(frozen=True)
class BurstLog:
    """Onsets and alarms, the oldest first."""

    onsets: tuple[Onset, ...] = ()
    alarms: tuple[AlarmRun, ...] = ()

    def with_alarm(self, now_min: float, *, raised: bool) -> "BurstLog":
        """With what was seen now; raised again within two hours it is the same alarm."""
        kept = tuple(one for one in self.alarms if one.last_min > now_min - KEPT_MIN)
        if not raised or (kept and now_min < kept[-1].last_min):
            return BurstLog(self.onsets, kept)
        if kept and now_min <= kept[-1].last_min + _CALM_MIN:
            return BurstLog(self.onsets, (*kept[:-1], AlarmRun(kept[-1].first_min, now_min)))
        return BurstLog(self.onsets, (*kept, AlarmRun(now_min, now_min)))

    def with_onsets(self, grid: LogGrid, scored: Sequence[ScoredBin]) -> "BurstLog":
        """With the bursts that have come since, once the quarter of an hour after each onset was scored."""
        onsets = [one for one in self.onsets if one.began_min > grid.end_min - KEPT_MIN]
        for began_min in _onsets_of(grid):
            covered = _was_covered(began_min, scored)
            is_new = not onsets or began_min > onsets[-1].began_min + _CALM_MIN
            if is_new and covered is not None and began_min + ONSET_MIN + LATE_MIN <= grid.end_min:
                onsets.append(Onset(began_min, covered))
        return BurstLog(tuple(onsets), self.alarms)

    def scores(self) -> BurstScores:
        """Of all that is kept; an alarm that a burst may yet follow counts as one that none followed."""
        alarms = score_alarms(
            [round(one.first_min / BIN_MIN) - 1 for one in self.alarms],  # the bin after which it was raised
            [round(one.began_min / BIN_MIN) for one in self.onsets],
            BIN_MIN,
        )
        covered = [one.covered for one in self.onsets]
        return BurstScores(
            bursts=len(self.onsets),
            onsets_covered=sum(covered) / len(covered) if covered else float("nan"),
            alarms=len(self.alarms),
            recall=alarms.recall,
            precision=alarms.precision,
            median_lead_min=alarms.median_lead_min,
        )

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def burst_log_of(document: Mapping[str, Any] | None) -> BurstLog:
    """The log of a document; an empty one where none was kept yet."""
    if document is None:
        return BurstLog()
    return BurstLog(
        tuple(Onset(**one) for one in document["onsets"]), tuple(AlarmRun(**one) for one in document["alarms"])
    )


def _onsets_of(grid: LogGrid) -> list[float]:
    """When each burst of the last day began. In a gap load is what it was last: nothing begins there."""
    if len(grid) == 0:
        return []
    recent = last_days(grid, _DAYS_LOOKED_AT)
    requests = held(recent.requests)
    start_min = recent.end_min - len(recent) * grid.bin_min
    since = max(0, len(recent) - grid.bins_per_day + 1)
    return [start_min + first * grid.bin_min for first in burst_bins(requests, grid.bin_min, since)]


def _was_covered(began_min: float, scored: Sequence[ScoredBin]) -> bool | None:
    """Whether P95 provided for 85 % of the onset's requests; None where nobody foresaw it, or it is not measured."""
    known = [
        (one.actual, one.p95)
        for one in scored
        if began_min <= one.starts_min < began_min + ONSET_MIN and not np.isnan(one.actual + one.p95)
    ]
    if not known:
        return None
    return sum(min(actual, p95) for actual, p95 in known) >= COVERED_SHARE * sum(actual for actual, _ in known)
