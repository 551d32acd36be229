"""What operators are told of a change of method."""

import numpy as np
import pytest

from functions.burst_prediction.forecast import Forecast
from functions.burst_prediction.method_change import method_change
from functions.burst_prediction.method_choice import Method, MethodChoice, MethodReason
from functions.burst_prediction.outlook import Outlook
from functions.burst_prediction.score_log import ForecastScores
from shared.crowds.timeline import EntryKind

MODEL, NAIVE = Method.GROWTH_MODEL, Method.WEEK_NAIVE
WORSE, BETTER, NOT_YET = MethodReason.MODEL_IS_WORSE, MethodReason.MODEL_IS_BETTER, MethodReason.NOT_SCORED_YET


def outlook(method: Method, reason: MethodReason) -> Outlook:
    """A region that is forecast so, for this reason."""
    nothing = np.zeros(0)
    forecast = Forecast("r", 0.0, method, nothing, nothing, np.zeros((0, 4)))
    scores = ForecastScores(288, 0.31249, 0.1, 0.4, 0.2, 0.1, 0.9)
    return Outlook(forecast, MethodChoice(method, reason), scores, (), alarm=False)


def test_a_model_that_is_replaced_is_a_warning_with_both_accuracies() -> None:
    """In the log, and an alert where operators look."""
    change = method_change(outlook(NAIVE, WORSE), MODEL)

    assert change is not None
    assert (change.severity, change.kind) == ("WARNING", EntryKind.ALERT)
    assert change.text == (
        "r: the forecast model did worse than week naive, which replaces it "
        "(accuracy 0.688, week naive 0.900, 288 bins)"
    )
    assert change.fields == {"region": "r", "method": "week_naive", "accuracy": 0.6875, "naive_accuracy": 0.9}


def test_its_return_is_told_too() -> None:
    """As no alert."""
    change = method_change(outlook(MODEL, BETTER), NAIVE)

    assert change is not None
    assert (change.severity, change.kind) == ("INFO", EntryKind.FORECAST)
    assert "better again" in change.text


@pytest.mark.parametrize(
    ("method", "reason", "before"),
    [
        (NAIVE, WORSE, None),
        (NAIVE, WORSE, NAIVE),
        (NAIVE, WORSE, Method.DAY_NAIVE),
        (MODEL, BETTER, MODEL),
        (MODEL, NOT_YET, Method.LEVEL),
        (Method.DAY_NAIVE, MethodReason.TOO_LITTLE_HISTORY, Method.LEVEL),
    ],
)
def test_nothing_else_is_told(method: Method, reason: MethodReason, before: Method | None) -> None:
    """A region that grows up passes through methods, and a second delivery finds the change made."""
    assert method_change(outlook(method, reason), before) is None
