"""Which method forecasts a region: the growth model, unless it has been doing worse than repeating last week."""

import math
from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """How a forecast was made."""

    GROWTH_MODEL = "growth_model"
    WEEK_NAIVE = "week_naive"
    DAY_NAIVE = "day_naive"
    LEVEL = "level"
    EVENT_PRIOR = "event_prior"

    @property
    def spoken(self) -> str:
        """As people read it."""
        return self.value.replace("_", " ")


class MethodReason(StrEnum):
    """Why a method was taken."""

    MODEL_IS_BETTER = "model_is_better"
    NOT_SCORED_YET = "not_scored_yet"
    MODEL_IS_WORSE = "model_is_worse"
    MODEL_NOT_YET_BETTER_AGAIN = "model_not_yet_better_again"
    TOO_LITTLE_HISTORY = "too_little_history"
    NO_LOAD_KNOWN = "no_load_known"


# A model that was replaced comes back when its error is below this share of the naive one's, so they do not alternate.
RETURN_SHARE = 0.95
MIN_SCORED_BINS = 288  # a day of 5-minute bins
MIN_DAYS_OF_MODEL, MIN_DAYS_OF_WEEK_NAIVE, MIN_DAYS_OF_DAY_NAIVE = 2.0, 7.5, 1.5


@dataclass(frozen=True)
class RecentScores:
    """WAPE of both on the same recent bins of a region, and how many there were."""

    model_wape: float
    naive_wape: float
    bins: int


@dataclass(frozen=True)
class MethodChoice:
    """The method, why, and whether an operator should be told."""

    method: Method
    reason: MethodReason

    @property
    def is_warning(self) -> bool:
        """Whether the model has been replaced for its scores."""
        return self.reason in (MethodReason.MODEL_IS_WORSE, MethodReason.MODEL_NOT_YET_BETTER_AGAIN)


def seasonal_naive(days_known: float) -> Method:
    """The baseline that so much history allows."""
    if days_known >= MIN_DAYS_OF_WEEK_NAIVE:
        return Method.WEEK_NAIVE
    return Method.DAY_NAIVE if days_known >= MIN_DAYS_OF_DAY_NAIVE else Method.LEVEL


def choose_method(days_known: float, scores: RecentScores | None, current: Method | None) -> MethodChoice:
    """The method for the next forecast of a region."""
    naive = seasonal_naive(days_known)
    if days_known < MIN_DAYS_OF_MODEL:
        return MethodChoice(naive, MethodReason.TOO_LITTLE_HISTORY)
    if scores is None or scores.bins < MIN_SCORED_BINS or not math.isfinite(scores.model_wape + scores.naive_wape):
        return MethodChoice(Method.GROWTH_MODEL, MethodReason.NOT_SCORED_YET)
    if scores.model_wape > scores.naive_wape:
        return MethodChoice(naive, MethodReason.MODEL_IS_WORSE)
    replaced = current not in (None, Method.GROWTH_MODEL)
    if replaced and scores.model_wape > RETURN_SHARE * scores.naive_wape:
        return MethodChoice(naive, MethodReason.MODEL_NOT_YET_BETTER_AGAIN)
    return MethodChoice(Method.GROWTH_MODEL, MethodReason.MODEL_IS_BETTER)
