"""The deployed forecast, asked every five minutes about the load that the simulation makes.

A region whose load came within a tenth of what was foreseen is looked at again after an hour at the latest, as far as
a forecast has steps of a minute. Its last forecast stands until then, and so do the steps of its plan: that is the one
thing in which the simulation is lazier than the deployed function. Looking anew each time would take as long as
everything else together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.model import Scenario
from benchmarks.simulator.past import Past
from functions.burst_prediction.crowds import Crowd, crowds_in
from functions.burst_prediction.forecast import DAYS_LOOKED_AT, Forecast
from functions.burst_prediction.forecasting import RegionOutlook
from functions.burst_prediction.load_history import LoadHistory, minutes_since_epoch
from functions.burst_prediction.method_choice import Method
from functions.burst_prediction.outlook import Outlook, look_ahead
from functions.burst_prediction.score_log import ScoredBin
from shared.domain.calendar import CalendarEvent

Floats = NDArray[np.float64]
Tell = Callable[[Outlook, Method | None, datetime], None]
"""What the deployed function does with an outlook, the method before it, and the moment."""

EVERY_MIN: Final = 5
LEAD_MIN: Final = 15
SHOWN: Final = (0.5, 0.9, 0.99)
_LATE_MIN: Final = 4
_STEPS_PLANNED: Final = 60 + 36
"""Of a minute for an hour, of five to the fourth: `STEP_LENGTHS_MIN` of functions/burst_prediction/forecast.py."""
_LOOKED_AT_DAYS: Final = DAYS_LOOKED_AT + 1
_AS_FORESEEN: Final = 0.1
_AT_LEAST_EVERY_MIN: Final = 60


@dataclass
class _Memory:
    log: tuple[ScoredBin, ...] = ()
    method: Method | None = None
    outlook: RegionOutlook | None = None
    looked_at: int = -_AT_LEAST_EVERY_MIN


class Foresight:
    """What is foreseen at each look; `seen_ahead` has what was foreseen for each minute a quarter of an hour before."""

    def __init__(self, scenario: Scenario, regions: tuple[str, ...], past: Past, minutes: int, tell: Tell) -> None:
        self._regions = regions
        self._tell = tell
        self._past = past
        self._crowds = {region: _crowds(region, scenario, past) for region in regions}
        self._memories = {region: _Memory() for region in regions}
        self._requests = np.concatenate([past.requests.T, np.full((len(regions), minutes), np.nan)], axis=1)
        self.seen_ahead = {
            quantile: np.full((minutes + LEAD_MIN + EVERY_MIN, len(regions)), np.nan) for quantile in SHOWN
        }

    def count(self, minute: int, requests: Floats) -> None:
        """The load of a minute that is over, counted from the end of the past."""
        self._requests[:, self._past.minutes + minute] = requests

    def look(self, minute: int) -> tuple[Mapping[str, RegionOutlook], frozenset[str]]:
        """The outlooks as of the start of a minute, and which stand; the last minutes are not measured yet."""
        outlooks, changed = {}, set()
        for at, region in enumerate(self._regions):
            memory = self._memories[region]
            if not self._is_as_foreseen(memory, at, minute):
                memory.outlook, memory.looked_at = self._region(region, at, minute), minute
                changed.add(region)
            if memory.outlook is not None:
                self._show(memory.outlook.outlook.forecast, at, minute, minute - memory.looked_at)
                outlooks[region] = memory.outlook
        return outlooks, frozenset(outlooks.keys() - changed)

    def _is_as_foreseen(self, memory: _Memory, at: int, minute: int) -> bool:
        age = minute - memory.looked_at
        if memory.outlook is None or age >= _AT_LEAST_EVERY_MIN:
            return False
        until = self._past.minutes + minute - _LATE_MIN
        known = slice(until - EVERY_MIN, until)
        came = float(self._requests[at, known].mean())
        forecast = memory.outlook.outlook.forecast
        foreseen = float(forecast.quantile(0.5)[max(0, age - _LATE_MIN - EVERY_MIN) : max(1, age - _LATE_MIN)].mean())
        return abs(came - foreseen) <= _AS_FORESEEN * max(foreseen, 1.0)

    def _region(self, region: str, at: int, minute: int) -> RegionOutlook | None:
        end = self._past.minutes + minute
        counts = self._requests[at, max(0, end - _LOOKED_AT_DAYS * 1440) : end].copy()
        counts[-_LATE_MIN:] = np.nan
        start = minutes_since_epoch(self._past.ends_at) + minute - len(counts)
        memory, crowds = self._memories[region], self._crowds[region]
        model = self._past.model(at)
        history = LoadHistory(region, start, 1, counts)
        outlook = look_ahead(history, crowds, model=model, log=memory.log, current=memory.method)
        if outlook is None:
            return None
        self._tell(outlook, memory.method, self._past.ends_at + timedelta(minutes=minute))
        memory.log, memory.method = outlook.log, outlook.forecast.method
        return RegionOutlook(replace(outlook, forecast=_near(outlook.forecast)), crowds)

    def _show(self, forecast: Forecast, at: int, minute: int, age: int) -> None:
        ahead = slice(minute + LEAD_MIN, minute + LEAD_MIN + EVERY_MIN)
        for quantile, seen in self.seen_ahead.items():
            foreseen = forecast.quantile(quantile)[age + LEAD_MIN : age + LEAD_MIN + EVERY_MIN]
            seen[ahead, at] = foreseen[: len(seen[ahead])]


def _near(forecast: Forecast) -> Forecast:
    """The next hours of a forecast: no plan for later has a bearing on a rehearsal."""
    return replace(
        forecast,
        starts_min=forecast.starts_min[:_STEPS_PLANNED],
        lengths_min=forecast.lengths_min[:_STEPS_PLANNED],
        requests_per_min=forecast.requests_per_min[:_STEPS_PLANNED],
        by_prior=None if forecast.by_prior is None else forecast.by_prior[:_STEPS_PLANNED],
    )


def _crowds(region: str, scenario: Scenario, past: Past) -> tuple[Crowd, ...]:
    begins = scenario.starts_at
    events = [*past.events, *announced(scenario)]
    since, until = past.ends_at - timedelta(days=15), begins + timedelta(days=3)
    return crowds_in(region, [one for event in events for one in event.occurrences(since, until)])


def announced(scenario: Scenario) -> list[CalendarEvent]:
    """The scenario's calendar as events of the deployed one."""
    return [
        CalendarEvent(
            event_id=f"{scenario.name}-{number}",
            name=entry.name,
            kind=entry.kind,
            starts_at_local=_utc(scenario.starts_at) + timedelta(minutes=entry.start_min),
            time_zone="UTC",
            duration=timedelta(minutes=entry.duration_min),
            region_weights={region: weight for region, weight in entry.weights.items() if weight > 0},
            stage=entry.stage,
            peak_after_start=None if entry.peak_after_min is None else timedelta(minutes=entry.peak_after_min),
            audience=entry.audience,
            expected_multiple=entry.expected_multiple,
        )
        for number, entry in enumerate(scenario.calendar)
    ]


def _utc(moment: datetime) -> datetime:
    offset = moment.utcoffset() or timedelta(0)
    return moment.replace(tzinfo=None) - offset
