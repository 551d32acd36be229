"""Forecasts of all regions: take in what was measured, look ahead, remember."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from functions.burst_prediction.crowds import Crowd, crowds_in
from functions.burst_prediction.forecast import HORIZON_MIN
from functions.burst_prediction.growth_model import fit_growth_model, has_enough
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.log_grid import log_grid
from functions.burst_prediction.outlook import Outlook, look_ahead
from functions.burst_prediction.outlook_store import FittedModel, OutlookStore
from functions.burst_prediction.tell_outlook import TellOutlook
from shared.crowds.calendar_store import CalendarStore
from shared.crowds.load_days import LoadDays
from shared.crowds.timeline import Timeline
from shared.domain.calendar import Occurrence
from shared.ports.load_metrics import LoadMetrics
from shared.telemetry import log

MEASURED_BACK: Final = timedelta(minutes=60)
"""How far back load is asked for again: Cloud Monitoring shows a minute up to four minutes late, seldom later."""
_AHEAD: Final = timedelta(minutes=HORIZON_MIN) + timedelta(days=1)


@dataclass(frozen=True)
class FittingPolicy:
    """How much history a model is fitted on, how old it may be, and how many are fitted in one delivery."""

    history_days: int
    refit_after: timedelta
    refits_at_once: int
    requests_per_viewer: float = 0.0
    """What one of an announced audience asks, where the event does not say it."""


@dataclass(frozen=True)
class RegionOutlook:
    """A region's outlook and the crowds that the calendar announces to it."""

    outlook: Outlook
    crowds: tuple[Crowd, ...]


class ForecastRegions:
    """Forecasts every region of which any load is known, or what an announced event would draw."""

    def __init__(
        self,
        regions: Sequence[str],
        *,
        metrics: LoadMetrics,
        load: LoadDays,
        calendar: CalendarStore,
        store: OutlookStore,
        timeline: Timeline,
        fitting: FittingPolicy,
    ) -> None:
        self._regions = regions
        self._metrics = metrics
        self._load = load
        self._calendar = calendar
        self._store = store
        self._tell = TellOutlook(timeline)
        self._fitting = fitting

    def __call__(self, now: datetime) -> Mapping[str, RegionOutlook]:
        """The outlooks by region, as of the last whole minute.

        Raises:
            DependencyUnavailable: load, calendar or documents cannot be read or written now.
        """
        self._load.merge(minute.sample() for minute in self._metrics.minutes(now - MEASURED_BACK, now))
        occurrences = self._calendar.occurrences(now - timedelta(days=self._fitting.history_days), now + _AHEAD)
        histories = {region: self._history(region, now) for region in self._regions}
        self._refit(histories, occurrences, now)
        outlooks = {region: self._outlook(history, occurrences, now) for region, history in histories.items()}
        return {region: outlook for region, outlook in outlooks.items() if outlook is not None}

    def _history(self, region: str, now: datetime) -> LoadHistory:
        days = self._fitting.history_days
        return LoadHistory.from_minutes(region, self._load.requests(region, now, days), until=now)

    def _refit(self, histories: Mapping[str, LoadHistory], occurrences: Sequence[Occurrence], now: datetime) -> None:
        """Fit the oldest models anew, a few in each delivery: none waits for long, and no delivery takes long."""
        never = datetime.min.replace(tzinfo=now.tzinfo)
        fitted = {region: self._store.recall(region).fitted for region in histories}
        fitted_at = {region: never if model is None else model.fitted_at for region, model in fitted.items()}
        due = [region for region, at in fitted_at.items() if at < now - self._fitting.refit_after]
        for region in sorted(due, key=fitted_at.__getitem__)[: self._fitting.refits_at_once]:
            grid, before = log_grid(histories[region]), fitted[region]
            if len(grid) and has_enough(grid):
                memory = () if before is None else before.model.memory
                model = fit_growth_model(grid, crowds_in(region, occurrences), earlier=memory)
                self._store.keep_model(region, FittedModel(model, now))

    def _outlook(self, history: LoadHistory, occurrences: Sequence[Occurrence], now: datetime) -> RegionOutlook | None:
        remembered = self._store.recall(history.region)
        each_asks = self._fitting.requests_per_viewer
        crowds = crowds_in(history.region, occurrences, requests_per_viewer=each_asks)
        outlook = look_ahead(
            history,
            crowds,
            model=None if remembered.fitted is None else remembered.fitted.model,
            log=remembered.log,
            current=remembered.method,
            bursts=remembered.bursts,
        )
        if outlook is None:
            return None
        _log_scores(outlook)
        self._tell(outlook, remembered.method, now)  # before it is kept: told twice is better than never
        self._store.keep(outlook)
        return RegionOutlook(outlook, crowds)


def _log_scores(outlook: Outlook) -> None:
    """The line that alerts.yaml makes the scores on the dashboard of."""
    scores, forecast = outlook.scores, outlook.forecast
    if scores.bins and math.isfinite(scores.model_wape):
        log(
            "INFO",
            "forecast scored",
            region=forecast.region,
            method=forecast.method.value,
            error_percent=round(100 * scores.model_wape, 2),
            naive_error_percent=_percent(scores.naive_wape),
            skill_percent=_percent(scores.skill),
        )


def _percent(share: float) -> float | None:
    return round(100 * share, 2) if math.isfinite(share) else None
