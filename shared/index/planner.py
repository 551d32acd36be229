"""Chooses, for one query and one base segment, the cheapest method that reaches the recall asked for.

A pure function of what was measured when the segment was built; ARCHITECTURE: segments and search.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Final

from shared.index.calibration import Calibration

# Reading chosen rows costs about this much more, row for row, than reading all in order.
GATHER_COST: Final = 4
# Below these shares of allowed rows the forest is not used: it would have to inspect the rest for nothing,
# and what a filter keeps may stand where the trees do not look.
_FOREST_LIVE_SHARE: Final = 0.5
_FOREST_FILTERED_SHARE: Final = 0.9


@dataclass(frozen=True)
class Ask:
    """What is asked of a segment: `top_k` of its `allowed` rows at `recall`, `batch` queries together.

    `filtered`: a filter chose the allowed rows; else they are simply the live ones.
    `local`: the forest file, and with it the vectors, is on this machine.
    """

    top_k: int
    recall: float
    batch: int
    allowed: int
    filtered: bool
    local: bool


@dataclass(frozen=True)
class Choice:
    """A method ("exact", "sketch", "forest"), its effort, and what is expected of it per query.

    `size` is the rows scored exactly (sketch) or the items inspected (forest); `pool` is for the sketch alone.
    """

    method: str
    size: int
    recall: float
    seconds: float
    pool: int = 0


@lru_cache(maxsize=4096)
def plan_search(calibration: Calibration, ask: Ask) -> Choice:
    """The cheapest choice that reaches the recall; exact where none does.

    Where vectors must be fetched it is the one that reaches it with the fewest, or else the best there is:
    its recall then says how far it falls short.
    """
    sketched = list(_sketch_choices(calibration, ask))
    if not ask.local:
        enough = [choice for choice in sketched if choice.recall >= ask.recall]
        return min(enough, key=_fetched) if enough else max(sketched, key=_recall)
    exact = Choice("exact", 0, 1.0, _exact_seconds(calibration, ask))
    if ask.recall >= 1:
        return exact
    choices = [exact, *sketched, *_forest_choices(calibration, ask)]
    return min((choice for choice in choices if choice.recall >= ask.recall), key=_seconds)


def _fetched(choice: Choice) -> tuple[int, int]:
    return choice.size, choice.pool


def _recall(choice: Choice) -> tuple[float, int]:
    return choice.recall, -choice.size


def _seconds(choice: Choice) -> float:
    return choice.seconds


def _exact_seconds(calibration: Calibration, ask: Ask) -> float:
    share = min(1.0, GATHER_COST * ask.allowed / max(1, calibration.rows))
    # The part of a single search that a batch shares is paid once.
    batched = calibration.exact_batched_s
    return share * (batched + max(0.0, calibration.exact_single_s - batched) / ask.batch)


def _sketch_choices(calibration: Calibration, ask: Ask) -> Iterator[Choice]:
    for effort in calibration.sketch:
        recall_10 = min(effort.recall_10, effort.filtered_10) if ask.filtered else effort.recall_10
        for factor, recall in _reached(recall_10, 0.0 if ask.filtered else effort.recall_100, ask.top_k):
            pool, size = ceil(effort.pool * factor), ceil(effort.size * factor)
            seconds = calibration.sketch_seconds(min(pool, ask.allowed), min(size, ask.allowed))
            yield Choice("sketch", size, recall, seconds, pool)


def _forest_choices(calibration: Calibration, ask: Ask) -> Iterator[Choice]:
    share = ask.allowed / max(1, calibration.rows)
    if share < (_FOREST_FILTERED_SHARE if ask.filtered else _FOREST_LIVE_SHARE):
        return
    for effort in calibration.forest:
        for factor, recall in _reached(effort.recall_10, effort.recall_100, ask.top_k):
            search_k = ceil(effort.search_k * factor / share)
            seconds = effort.seconds + (search_k - effort.search_k) * calibration.forest_item_s
            yield Choice("forest", search_k, recall, seconds)


def _reached(recall_10: float, recall_100: float, top_k: int) -> Iterator[tuple[float, float]]:
    """By how much an effort must grow for `top_k`, and the recall that it then reaches.

    Measured for the 10 and the 100 nearest. In between, and beyond, the rule is that as many times more wanted rows
    need at most as many times more rows inspected: a larger set of neighbours has a softer edge, never a harder one.
    """
    yield max(1.0, top_k / 10), recall_10
    if top_k > 10:
        yield max(1.0, top_k / 100), recall_100
