"""Chooses, for one query and one base segment, the cheapest method that reaches the recall asked for.

A pure function of what was measured when the segment was built; ARCHITECTURE: segments and search.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Final

from shared.index.calibration import Calibration

# Scoring chosen rows costs about this much more, row for row, than scoring all in order (0.24 against 0.15 µs
# for 384 components, on one core that reads 10 GB/s).
GATHER_COST: Final = 2
# What a sketch is credited with at most, though it found everything that it was asked when it was measured.
_SHORT_OF_CERTAIN: Final = 0.999
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
    """A method ("exact", "sketch", "forest"), what is expected of it per query, and its effort.

    The effort of a sketch is its `confidence`; where vectors must be fetched, its `pool` and the `size` fetched.
    That of the forest is its `size`, the items inspected.
    """

    method: str
    recall: float
    seconds: float
    confidence: float = 0.0
    pool: int = 0
    size: int = 0


@lru_cache(maxsize=4096)
def plan_search(calibration: Calibration, ask: Ask) -> Choice:
    """The cheapest choice that reaches the recall; exact where none does.

    Where vectors must be fetched it is the one that reaches it with the fewest, or else the best there is:
    its recall then says how far it falls short.
    """
    if not ask.local:
        remote = list(_remote_choices(calibration, ask))
        enough = [choice for choice in remote if choice.recall >= ask.recall]
        return min(enough, key=_fetched) if enough else max(remote, key=_recall)
    exact = Choice("exact", 1.0, _exact_seconds(calibration, ask))
    if ask.recall >= 1:
        return exact
    choices = [exact, *_sketch_choices(calibration, ask), *_forest_choices(calibration, ask)]
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
    # Measured for the 10 and the 100 nearest; rows grow with the number wanted.
    position = max(0.0, (ask.top_k - 10) / 90)
    for level in calibration.sketch:
        recall = level.recall_10 if ask.top_k <= 10 else min(level.recall_10, level.recall_100)
        if ask.filtered:
            recall = min(recall, level.filtered_10)
        rows = min(level.rows_10 + position * max(0.0, level.rows_100 - level.rows_10), ask.allowed)
        scans = min(1.0, level.scans_10 + position * max(0.0, level.scans_100 - level.scans_10))
        seconds = calibration.sketch_fixed_s + rows * calibration.sketch_row_s + scans * calibration.exact_single_s
        yield Choice("sketch", recall, seconds, confidence=level.confidence)


def _remote_choices(calibration: Calibration, ask: Ask) -> Iterator[Choice]:
    for effort in calibration.remote:
        recall_10 = min(effort.recall_10, effort.filtered_10) if ask.filtered else effort.recall_10
        for factor, recall in _reached(recall_10, 0.0 if ask.filtered else effort.recall_100, ask.top_k):
            pool, size = ceil(effort.pool * factor), ceil(effort.size * factor)
            yield Choice("sketch", min(recall, _SHORT_OF_CERTAIN), 0.0, pool=pool, size=size)


def _forest_choices(calibration: Calibration, ask: Ask) -> Iterator[Choice]:
    share = ask.allowed / max(1, calibration.rows)
    if share < (_FOREST_FILTERED_SHARE if ask.filtered else _FOREST_LIVE_SHARE):
        return
    for effort in calibration.forest:
        for factor, recall in _reached(effort.recall_10, effort.recall_100, ask.top_k):
            search_k = ceil(effort.search_k * factor / share)
            seconds = effort.seconds + (search_k - effort.search_k) * calibration.forest_item_s
            yield Choice("forest", recall, seconds, size=search_k)


def _reached(recall_10: float, recall_100: float, top_k: int) -> Iterator[tuple[float, float]]:
    """By how much an effort must grow for `top_k`, and the recall that it then reaches.

    Measured for the 10 and the 100 nearest. In between, and beyond, the rule is that as many times more wanted rows
    need at most as many times more rows inspected: a larger set of neighbours has a softer edge, never a harder one.
    """
    yield max(1.0, top_k / 10), recall_10
    if top_k > 10:
        yield max(1.0, top_k / 100), recall_100
