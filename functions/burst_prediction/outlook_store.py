"""Models, forecasts and scores of the regions, as state documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from functions.burst_prediction.burst_log import BurstLog, burst_log_of
from functions.burst_prediction.drawn_crowds import drawn_by_kind
from functions.burst_prediction.forecast import Forecast
from functions.burst_prediction.growth_model import GrowthModel
from functions.burst_prediction.load_history import moment_of
from functions.burst_prediction.method_choice import Method
from functions.burst_prediction.model_document import model_document as document_of_model
from functions.burst_prediction.model_document import model_of
from functions.burst_prediction.outlook import Outlook
from functions.burst_prediction.score_log import ScoredBin, log_document, log_of, nulled
from shared.crowds.drawn import drawn_data
from shared.crowds.paths import drawn_document, forecast_document, forecast_score_document, model_document
from shared.ports.state import Put, StateStore

_SHOWN_QUANTILES: Final = (0.5, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class FittedModel:
    """A model and when it was fitted."""

    model: GrowthModel
    fitted_at: datetime


@dataclass(frozen=True)
class Remembered:
    """What the last delivery left: the model, the logs of scores and bursts, the method in use."""

    fitted: FittedModel | None
    log: tuple[ScoredBin, ...]
    method: Method | None
    bursts: BurstLog


class OutlookStore:
    """One region's documents; the newest wins, since all of them can be made again."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def recall(self, region: str) -> Remembered:
        """What is remembered of a region."""
        model, scores = self._state.get_many([model_document(region), forecast_score_document(region)])
        return Remembered(
            fitted=None if model is None else _fitted(model.data),
            log=() if scores is None else log_of(scores.data["log"]),
            method=None if scores is None else Method(scores.data["method"]),
            bursts=burst_log_of(None if scores is None else scores.data.get("bursts")),
        )

    def keep_model(self, region: str, fitted: FittedModel) -> None:
        """Remember a model, and for people what the crowds that it has learned from have drawn."""
        data = {**document_of_model(fitted.model), "fitted_at": fitted.fitted_at.isoformat()}
        drawn = drawn_data(drawn_by_kind(fitted.model))
        self._state.commit([Put(model_document(region), data), Put(drawn_document(region), drawn)])

    def keep(self, outlook: Outlook) -> None:
        """Remember an outlook, for people and for the next delivery."""
        region = outlook.forecast.region
        self._state.commit(
            [
                Put(forecast_document(region), _forecast_data(outlook)),
                Put(forecast_score_document(region), _score_data(outlook)),
            ]
        )


def _fitted(data: Mapping[str, Any]) -> FittedModel | None:
    model = model_of(data)
    return None if model is None else FittedModel(model, datetime.fromisoformat(data["fitted_at"]))


def _forecast_data(outlook: Outlook) -> dict[str, Any]:
    forecast: Forecast = outlook.forecast
    return {
        "region": forecast.region,
        "made_at": moment_of(forecast.made_at_min).isoformat(),
        "method": forecast.method.value,
        "reason": outlook.choice.reason.value,
        "alarm": outlook.alarm,
        "starts_min": forecast.starts_min.tolist(),
        "lengths_min": forecast.lengths_min.tolist(),
        "requests_per_min": {
            f"p{quantile * 100:.0f}": [round(rate, 2) for rate in forecast.quantile(quantile).tolist()]
            for quantile in _SHOWN_QUANTILES
        },
    }


def _score_data(outlook: Outlook) -> dict[str, Any]:
    scores = outlook.scores
    accuracies = {"accuracy": scores.accuracy, "naive_accuracy": scores.naive_accuracy}
    return {
        "method": outlook.forecast.method.value,
        "scores": {**nulled({**vars(scores), **accuracies}), "bursts": nulled(vars(outlook.bursts.scores()))},
        "log": log_document(outlook.log),
        "bursts": outlook.bursts.document(),
    }
