"""Over a thousand histories, load known at once to ten minutes late, no limit is passed by more than a tick's worst."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Final

import pytest

from functions.budget_enforcement.ledger import SpendLedger
from shared.budget.limits import Limits, limit_in
from shared.budget.windows import Window
from shared.domain.prices import LIST_PRICES
from shared.domain.serving_mode import ServingMode
from tests.unit.functions.budget_enforcement.spending_history import History, Tick

HISTORIES: Final = 1000
USUAL_BEGINS: Final = datetime(2026, 6, 10, 9, 20, tzinfo=UTC)
GIVEN_UP: Final = list(ServingMode)[1:]


def test_no_limit_is_passed_by_more_than_the_worst_of_one_tick_and_every_level_comes_and_goes() -> None:
    """The worst of a tick: all instances that regions may have, busy and answering all that they can, at its prices."""
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


class Usual(History):
    """Four instances' worth of requests, minute after minute, at the prices of the list; load is known so late."""

    def __init__(self, late_min: int, hour: int) -> None:
        super().__init__(Random(1))
        self.now, self.late, self.raises = USUAL_BEGINS, timedelta(minutes=late_min), []
        self.bills, self.limits, self.ledger = 0.0, Limits(hour, 24 * hour, 31 * 24 * hour), SpendLedger(USUAL_BEGINS)

    def pass_minutes(self, count: int) -> list[Tick]:
        """So many ticks."""
        self.tick = timedelta(minutes=1)
        self.decide(LIST_PRICES)
        return [self.step(LIST_PRICES, {"us-east1": 4.0, "asia-south1": 0.0}) for _ in range(count)]


@pytest.mark.parametrize("late_min", [1, 3, 7])
def test_load_as_usual_raises_no_level_however_late_it_is_known(late_min: int) -> None:
    """At 80 % of the hour's limit, from twenty past one hour to the end of the next."""
    hour = sum(tick.cost for tick in Usual(late_min, 10**12).pass_minutes(80)[-60:])

    ticks = Usual(late_min, round(hour / 0.8)).pass_minutes(100)

    assert {tick.decision.mode for tick in ticks} == {ServingMode.NORMAL}
    assert max(tick.cost for tick in ticks) == ticks[-1].cost


@pytest.mark.parametrize("late_min", [1, 7, 10])
def test_a_fleet_that_costs_a_tenth_of_its_budget_keeps_every_instance_that_it_runs(late_min: int) -> None:
    """And may grow, though all that regions may have would cost many times the budget."""
    hour = sum(tick.cost for tick in Quiet(late_min, 10**12).pass_minutes(80)[-60:])
    quiet = Quiet(late_min, 10 * hour)
    quiet.decide(LIST_PRICES)

    for _ in range(130):
        ran = {one.region: one.instances or 0 for one in quiet.minutes[-2:]}
        quiet.step(LIST_PRICES, QUIET)

        for region, share in quiet.shares.items():
            assert not share.denials
            assert share.combined.max_instances > ran.get(region, 0)


QUIET: Final = {"us-east1": 0.6, "asia-south1": 0.0}


class Quiet(Usual):
    """One instance that answers more than half of the time."""

    def pass_minutes(self, count: int) -> list[Tick]:
        """So many ticks."""
        self.tick = timedelta(minutes=1)
        self.decide(LIST_PRICES)
        return [self.step(LIST_PRICES, QUIET) for _ in range(count)]


@pytest.mark.parametrize("seed", range(20))
def test_while_money_is_left_some_may_be_spent_and_no_limit_is_ever_passed(seed: int) -> None:
    """At the prices of the list, however load jumps: a minute takes at most half of what is left."""
    random = Random(seed)
    history = Usual(random.choice([1, 3, 7, 10]), round(random.uniform(0.3, 4) * 1_000_000))
    history.tick = timedelta(minutes=1)
    history.decide(LIST_PRICES)
    spent: dict[datetime, int] = {}

    for _ in range(100):
        tick = history.step(LIST_PRICES, {region: random.choice([0.0, 0.5, 4.0, 60.0]) for region in QUIET})

        hour = Window.HOUR.start_of(tick.end - timedelta(microseconds=1))
        spent[hour] = spent.get(hour, 0) + tick.cost
        assert spent[hour] <= history.limits.hour
        assert tick.decision.micros_per_hour > 0
