"""Which method forecasts a region."""

import pytest

from functions.burst_prediction.method_choice import Method, MethodReason, RecentScores, choose_method, seasonal_naive


@pytest.mark.parametrize(
    ("days", "method"),
    [(0.1, Method.LEVEL), (1.6, Method.DAY_NAIVE), (7.6, Method.WEEK_NAIVE)],
)
def test_the_baseline_repeats_the_longest_season_that_is_known(days: float, method: Method) -> None:
    """A week where there is one, else a day, else the level."""
    assert seasonal_naive(days) is method


@pytest.mark.parametrize(
    ("days", "scores", "current", "method", "reason"),
    [
        pytest.param(1.9, None, None, Method.DAY_NAIVE, MethodReason.TOO_LITTLE_HISTORY, id="too little history"),
        pytest.param(30, None, None, Method.GROWTH_MODEL, MethodReason.NOT_SCORED_YET, id="not scored"),
        pytest.param(
            30, RecentScores(0.5, 0.1, 100), None, Method.GROWTH_MODEL, MethodReason.NOT_SCORED_YET, id="few bins"
        ),
        pytest.param(
            30,
            RecentScores(float("nan"), 0.1, 900),
            None,
            Method.GROWTH_MODEL,
            MethodReason.NOT_SCORED_YET,
            id="no load",
        ),
        pytest.param(
            30, RecentScores(0.1, 0.2, 900), None, Method.GROWTH_MODEL, MethodReason.MODEL_IS_BETTER, id="better"
        ),
        pytest.param(
            30,
            RecentScores(0.3, 0.2, 900),
            Method.GROWTH_MODEL,
            Method.WEEK_NAIVE,
            MethodReason.MODEL_IS_WORSE,
            id="worse",
        ),
        pytest.param(
            30,
            RecentScores(0.197, 0.2, 900),
            Method.WEEK_NAIVE,
            Method.WEEK_NAIVE,
            MethodReason.MODEL_NOT_YET_BETTER_AGAIN,
            id="hardly better",
        ),
        pytest.param(
            30,
            RecentScores(0.18, 0.2, 900),
            Method.WEEK_NAIVE,
            Method.GROWTH_MODEL,
            MethodReason.MODEL_IS_BETTER,
            id="back",
        ),
    ],
)
def test_a_model_that_does_worse_is_replaced(
    days: float, scores: RecentScores | None, current: Method | None, method: Method, reason: MethodReason
) -> None:
    """Worse than naive: replaced, with a warning; it returns when it is better by more than a trifle."""
    choice = choose_method(days, scores, current)

    assert (choice.method, choice.reason) == (method, reason)
    assert choice.is_warning == (reason in {MethodReason.MODEL_IS_WORSE, MethodReason.MODEL_NOT_YET_BETTER_AGAIN})
