"""What was forecast for each bin at a lead of exactly 15 minutes, what came, and the scores of both together.

The definitions are those of `scores`; the lead and the bins are those by which accuracy is defined in the project.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from functions.burst_prediction.arrays import Floats
from functions.burst_prediction.forecast import Forecast
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.log_grid import BIN_MIN
from functions.burst_prediction.method_choice import RecentScores
from functions.burst_prediction.scores import coverage, pinball, skill, wape

LEAD_MIN: Final = 15
KEPT_BINS: Final = 576
"""Two days: a model that has become worse than the naive one is found out within a day."""
LATE_MIN: Final = 5
"""Load of the last minutes is still being measured; a bin is scored once it has been over for this long."""


@dataclass(frozen=True)
class ScoredBin:
    """One bin: requests foreseen by the model, by the naive method and by persistence, and the quantile planned for.

    `model` is not a number where there was no model; `actual` where it is not known yet.
    """

    made_at_min: float
    model: float
    naive: float
    persistence: float
    p95: float
    actual: float

    @property
    def starts_min(self) -> float:
        """When the bin begins, in minutes since 1970-01-01 UTC."""
        return self.made_at_min + LEAD_MIN


@dataclass(frozen=True)
class ForecastScores:
    """How good the forecasts of the last two days were: shares of all requests; not a number where nothing is known."""

    bins: int
    model_wape: float
    naive_wape: float
    persistence_wape: float
    skill: float
    pinball_p95: float
    coverage_p95: float

    @property
    def accuracy(self) -> float:
        """One minus the WAPE at a lead of exactly 15 minutes on 5-minute bins."""
        return 1 - self.model_wape

    @property
    def naive_accuracy(self) -> float:
        """The same of the seasonal-naive method, on the same bins."""
        return 1 - self.naive_wape

    @property
    def recent(self) -> RecentScores:
        """What the choice of a method reads."""
        return RecentScores(self.model_wape, self.naive_wape, self.bins)


def foreseen_bin(history: LoadHistory, *, model: Forecast | None, naive: Forecast, chosen: Forecast) -> ScoredBin:
    """What is foreseen now for the bin that starts in 15 minutes."""
    return ScoredBin(
        made_at_min=history.end_min,
        model=float("nan") if model is None else _in_bin(model, 0.5),
        naive=_in_bin(naive, 0.5),
        persistence=_last_bin(history),
        p95=_in_bin(chosen, 0.95),
        actual=float("nan"),
    )


def with_bin(log: Sequence[ScoredBin], made: ScoredBin) -> tuple[ScoredBin, ...]:
    """The log with one more bin; bins do not overlap, so what is foreseen more often is not kept."""
    if log and made.made_at_min < log[-1].made_at_min + BIN_MIN:
        return tuple(log)
    return (*log, made)[-KEPT_BINS:]


def with_actuals(log: Sequence[ScoredBin], history: LoadHistory) -> tuple[ScoredBin, ...]:
    """The log with the requests that have come since."""
    return tuple(_with_actual(one, history) for one in log)


def scores_of(log: Sequence[ScoredBin]) -> ForecastScores:
    """All scores of a log."""
    actual, model, naive, persistence, p95 = (
        np.array([getattr(one, name) for one in log], np.float64)
        for name in ("actual", "model", "naive", "persistence", "p95")
    )
    scored = ~np.isnan(actual) & ~np.isnan(model)
    return ForecastScores(
        bins=int(scored.sum()),
        model_wape=wape(actual, model),
        naive_wape=wape(np.where(scored, actual, np.nan), naive),
        persistence_wape=wape(np.where(scored, actual, np.nan), persistence),
        skill=skill(actual, model, persistence),
        pinball_p95=pinball(actual, p95, 0.95),
        coverage_p95=coverage(actual, p95),
    )


def log_document(log: Sequence[ScoredBin]) -> list[dict[str, float | None]]:
    """A log as JSON."""
    return [nulled(asdict(one)) for one in log]


def nulled(values: Mapping[str, float]) -> dict[str, float | None]:
    """As JSON has them: what is not a number is null."""
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def log_of(document: Sequence[Mapping[str, Any]]) -> tuple[ScoredBin, ...]:
    """The log of a document."""
    return tuple(
        ScoredBin(**{name: float("nan") if value is None else value for name, value in entry.items()})
        for entry in document
    )


def _in_bin(forecast: Forecast, quantile: float) -> float:
    """Requests of the bin that starts 15 minutes after the forecast was made; its steps are minutes there."""
    inside = (forecast.starts_min >= forecast.made_at_min + LEAD_MIN) & (
        forecast.starts_min < forecast.made_at_min + LEAD_MIN + BIN_MIN
    )
    return float((forecast.quantile(quantile) * forecast.lengths_min)[inside].sum())


def _last_bin(history: LoadHistory) -> float:
    return _sum(history.counts[-BIN_MIN:])


def _with_actual(one: ScoredBin, history: LoadHistory) -> ScoredBin:
    actual = _actual(one, history)
    return one if actual == one.actual else replace(one, actual=actual)


def _actual(one: ScoredBin, history: LoadHistory) -> float:
    if history.end_min < one.starts_min + BIN_MIN + LATE_MIN:
        return float("nan")
    first = int(one.starts_min - history.start_min)
    return one.actual if first < 0 else _sum(history.counts[first : first + BIN_MIN])


def _sum(counts: Floats) -> float:
    """Requests of a bin; a minute that is not known counts as the mean of the others."""
    known = counts[~np.isnan(counts)]
    return float(known.mean() * BIN_MIN) if len(known) else float("nan")
