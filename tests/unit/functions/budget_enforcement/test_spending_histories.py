"""Over a thousand random histories no limit is passed by more than a tick's worst, and every level comes and goes."""

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Final

from shared.budget.limits import limit_in
from shared.budget.windows import Window
from shared.domain.serving_mode import ServingMode
from tests.unit.functions.budget_enforcement.spending_history import History

HISTORIES: Final = 1000
GIVEN_UP: Final = list(ServingMode)[1:]


def test_no_limit_is_passed_by_more_than_the_worst_of_one_tick_and_every_level_comes_and_goes() -> None:
    """The worst of a tick: all instances that regions may have, at the prices of that tick, and what they answered."""
    risen, fallen = set(), set()
    for seed in range(HISTORIES):
        for before, after in pairwise(modes_of(seed)):
            if after > before:
                risen.add(after)
            elif after < before:
                fallen.add(before)

    assert sorted(risen) == GIVEN_UP
    assert sorted(fallen) == GIVEN_UP


def modes_of(seed: int) -> list[ServingMode]:
    """The mode of each tick of a history in which no limit was passed by more than is allowed."""
    history, modes = History(Random(seed)), [ServingMode.NORMAL]
    start = history.ledger
    spent: dict[tuple[Window, datetime], int] = {
        (window, window.start_of(history.now)): start.estimated(window) for window in Window
    }
    for tick in history.play():
        for window in Window:
            moment = tick.end - timedelta(microseconds=1)
            key = window, window.start_of(moment)
            limit = limit_in(window, moment, history.limits, history.raises)
            before = spent.get(key, 0)
            spent[key] = before + tick.cost
            over = spent[key] - limit
            assert tick.cost == 0 or before <= limit, f"seed {seed}: went on after the {window.value}'s limit"
            assert tick.cost == 0 or over <= tick.worst, f"seed {seed}: {window.value} passed by {over}"
        modes.append(tick.decision.mode)
    return modes
