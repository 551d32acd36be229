"""The function as a whole, on fakes: load in, a ledger, a rate and a serving mode out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from functions.budget_enforcement.ledger_store import LedgerStore
from functions.budget_enforcement.settings import BudgetEnforcementSettings
from functions.budget_enforcement.wiring import build
from shared.adapters.opening import Adapters
from shared.adapters.platform import Platform
from shared.budget.documents import LEDGER, Budgets
from shared.budget.emergency_stop import StopState
from shared.budget.limits import ApprovedRaise, Limits
from shared.budget.standing import STANDING
from shared.crowds.paths import fleet_document
from shared.crowds.spending import SPENDING, load_spending
from shared.crowds.timeline import EntryKind, Timeline
from shared.domain.load import LoadMinute
from shared.domain.money import micros_of
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode, mode_of
from shared.entrypoint import Consumer
from shared.events.codec import to_message
from shared.events.crowds import SpendDueV1
from shared.outcomes import Outcome
from shared.ports.state import Put
from tests.fakes.clock import FrozenClock
from tests.fakes.crowds import GivenLoad, PaperFleet, paper_platform
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
REGION = "us-east1"
LIMITS = Limits(micros_of(10), micros_of(100), micros_of(1000))
DOLLARS_PER_INSTANCE_HOUR = 0.21  # two vCPUs and 4 GiB, active: a little less


@dataclass
class Money:
    """The function, a minute after the other."""

    consumer: Consumer
    clock: FrozenClock
    state: InMemoryState
    load: GivenLoad
    budgets: Budgets
    fleet: PaperFleet

    @property
    def standing(self) -> Mapping[str, Any]:
        """What is kept for people."""
        document = self.state.get(STANDING)
        assert document is not None
        return document.data

    def minute(self, instances: int = 1) -> Outcome:
        """So many instances answer for a minute; then a tick comes."""
        now = self.clock.now()
        self.load.given.append(
            LoadMinute(REGION, now, 600, now + timedelta(minutes=1), instances, active_ms=instances * 60_000, idle_ms=0)
        )
        self.clock.advance(timedelta(minutes=1))
        return self.tick()

    def tick(self) -> Outcome:
        """A tick of this moment."""
        message = to_message(SpendDueV1(event_id="tick", occurred_at=self.clock.now()))
        return self.consumer.consume(message.data, message.attributes)

    @property
    def mode(self) -> ServingMode:
        """What query reads."""
        document = self.state.get(SERVING_MODE_DOCUMENT)
        return mode_of(None if document is None else document.data)

    @property
    def spent(self) -> int:
        """Of the running hour."""
        ledger = LedgerStore(self.state).recall().ledger
        assert ledger is not None
        return ledger.hour

    @property
    def rate(self) -> int:
        """What may be spent an hour."""
        spending = load_spending(self.state)
        assert spending is not None
        return spending.micros_per_hour


@pytest.fixture
def money() -> Money:
    """At noon, nothing spent, no budget."""
    clock, load = FrozenClock(NOON), GivenLoad()
    state = InMemoryState(clock=clock)
    platform = paper_platform(state, clock, load)
    assert isinstance(platform.fleet, PaperFleet)
    return Money(started(state, clock, platform), clock, state, load, Budgets(state), platform.fleet)


def started(state: InMemoryState, clock: FrozenClock, platform: Platform) -> Consumer:
    """An instance of the function that has just started."""
    adapters = Adapters(state, InMemoryObjects(clock=clock), RecordingPublisher(), clock)
    settings = BudgetEnforcementSettings.model_validate({"runtime": "embedded", "data_dir": "unused"})
    return build(adapters, platform, settings)


def test_what_is_remembered_of_the_ledger_is_what_its_document_says(money: Money) -> None:
    """A budget that somebody else changes counts from the next tick on, and so does a ledger."""
    money.budgets.set_limits(LIMITS)
    for instances in (1, 40, 3):
        money.minute(instances)
    before = money.rate

    money.budgets.set_limits(Limits(micros_of(1), micros_of(100), micros_of(1000)))
    money.minute(1)
    lower, ledger = money.rate, money.state.get(LEDGER)
    assert ledger is not None
    money.state.commit([Put(LEDGER, {**ledger.data, "ledger": {**ledger.data["ledger"], "hour": micros_of(1)}})])
    money.minute(1)

    assert 0 < lower < before
    assert money.rate == 0


def test_where_no_budget_was_set_nothing_limits(money: Money) -> None:
    """No rate, no mode, no ledger."""
    assert money.minute(1000) is Outcome.DONE

    assert money.state.get(SPENDING) is None
    assert money.state.get(SERVING_MODE_DOCUMENT) is None


def test_minutes_are_booked_by_the_price_list(money: Money) -> None:
    """Sixty instances for a minute are one for an hour."""
    money.budgets.set_limits(LIMITS)
    money.minute(0)

    for instances in (60, 0, 0):
        money.minute(instances)

    assert 0.8 * DOLLARS_PER_INSTANCE_HOUR < money.spent / 1e6 < DOLLARS_PER_INSTANCE_HOUR
    assert 0 < money.rate < 20e6
    assert money.mode is ServingMode.NORMAL


def test_a_tick_delivered_twice_books_once(money: Money) -> None:
    """At the same moment, and later with the same minutes measured again."""
    money.budgets.set_limits(LIMITS)
    for instances in (0, 60, 0, 0):
        money.minute(instances)
    spent = money.spent
    money.load.given += money.load.given

    assert money.tick() is Outcome.DUPLICATE
    money.clock.advance(timedelta(seconds=40))
    assert money.tick() is Outcome.DONE

    assert money.spent == spent


def test_missed_ticks_are_made_up_for(money: Money) -> None:
    """After ten minutes without a tick all ten are booked."""
    money.budgets.set_limits(LIMITS)
    money.minute(0)
    for _ in range(10):
        now = money.clock.now()
        money.load.given.append(LoadMinute(REGION, now, 1, now, 6, active_ms=360_000, idle_ms=0))
        money.clock.advance(timedelta(minutes=1))
    money.clock.advance(timedelta(minutes=2))

    money.tick()

    assert 0.8 * DOLLARS_PER_INSTANCE_HOUR < money.spent / 1e6 < DOLLARS_PER_INSTANCE_HOUR


def test_too_much_load_raises_the_mode_and_calm_lowers_it_again(money: Money) -> None:
    """Spending at three times the hour's limit: up at once; in the next hours step by step back to normal, all told."""
    money.budgets.set_limits(LIMITS)
    money.minute(0)
    modes = [money.mode]
    for minute in range(180):
        money.minute(150 if minute < 15 else 0)
        modes.append(money.mode)

    assert max(modes) >= ServingMode.CRITICAL
    assert modes[-1] is ServingMode.NORMAL
    falls = [before - after for before, after in pairwise(modes) if after < before]
    assert set(falls) == {1}
    told = [entry for entry in Timeline(money.state).since(NOON) if entry.kind is EntryKind.SERVING_MODE]
    assert "normal ->" in told[0].text
    assert "-> normal" in told[-1].text


def test_what_is_denied_for_money_shows_in_the_mode(money: Money) -> None:
    """A scale-out that the budget did not pay for makes the least important give way first."""
    money.budgets.set_limits(LIMITS)
    decided = {"region": REGION, "max_instances": 2, "denied": 3, "denial": "money"}
    money.state.commit([Put(fleet_document(REGION), decided)])

    money.minute(1)

    assert money.mode is ServingMode.MINOR


def test_the_emergency_stop_leaves_nothing_to_spend(money: Money) -> None:
    """Until it is lifted, whatever the limits say."""
    money.budgets.set_limits(LIMITS)
    money.budgets.change_stop(lambda _: StopState(stopped=True, by="Ada"))
    money.minute(1)
    stopped = money.rate, money.mode
    money.budgets.change_stop(lambda _: StopState())
    money.minute(1)

    assert stopped == (0, ServingMode.EMERGENCY)
    assert money.rate > 0


def test_an_approved_event_may_cost_more(money: Money) -> None:
    """The rate rises with the raise, for its hours; here the hour is what binds."""
    money.budgets.set_limits(Limits(micros_of(10), micros_of(10_000), micros_of(300_000)))
    money.minute(0)
    usual = money.rate
    money.budgets.approve(ApprovedRaise("final", NOON, NOON + timedelta(hours=2), micros_of(50), "Ada"))
    money.minute(0)

    assert money.rate > 3 * usual


def test_a_limit_all_but_spent_is_told_once(money: Money) -> None:
    """The alert of an hour stands once in its hour."""
    money.budgets.set_limits(LIMITS)
    money.minute(0)
    for _ in range(20):
        money.minute(150)

    alerts = [entry.text for entry in Timeline(money.state).since(NOON) if entry.kind is EntryKind.ALERT]
    assert len(alerts) == len(set(alerts))
    assert any("of the hour's $10.00 is spent" in text for text in alerts)


def test_load_that_is_reported_after_its_tick_is_booked_all_the_same(money: Money) -> None:
    """Two ticks pass before the minute of sixty instances is known; nothing of it is lost."""
    money.budgets.set_limits(LIMITS)
    money.minute(0)
    busy = money.clock.now()
    for _ in range(2):
        money.clock.advance(timedelta(minutes=1))
        money.tick()
    money.load.given.append(LoadMinute(REGION, busy, 600, money.clock.now(), 60, active_ms=3_600_000, idle_ms=0))

    money.minute(0)

    assert 0.8 * DOLLARS_PER_INSTANCE_HOUR < money.spent / 1e6 < DOLLARS_PER_INSTANCE_HOUR


def test_an_outage_is_booked_in_the_hours_it_was_in(money: Money) -> None:
    """Five hours without a tick are not five hours' money in the last of them."""
    money.budgets.set_limits(LIMITS)
    money.minute(0)
    for _ in range(300):
        now = money.clock.now()
        money.load.given.append(LoadMinute(REGION, now, 1, now, 60, active_ms=3_600_000, idle_ms=0))
        money.clock.advance(timedelta(minutes=1))

    money.tick()

    ledger = LedgerStore(money.state).recall().ledger
    assert ledger is not None
    assert ledger.day / 1e6 == pytest.approx(297 * DOLLARS_PER_INSTANCE_HOUR, rel=0.01)
    assert ledger.hour < ledger.day / 4


def test_a_stop_is_told_when_it_begins_and_when_it_ends_also_without_a_budget(money: Money) -> None:
    """Once each, with who ordered it; a stop holds where nothing else limits."""
    money.budgets.change_stop(lambda _: StopState(stopped=True, by="Ada", ordered_at=NOON))
    for _ in range(5):
        money.minute(1)
    stopped = money.rate, money.mode
    money.budgets.change_stop(lambda _: StopState(stopped=False, by="Ada", ordered_at=NOON))
    for _ in range(3):
        money.minute(1)

    told = [entry.text for entry in Timeline(money.state).since(NOON) if entry.kind is EntryKind.SERVING_MODE]
    assert stopped == (0, ServingMode.EMERGENCY)
    assert money.mode is ServingMode.NORMAL
    assert len(told) == 2
    assert "stopped by Ada" in told[0]
    assert money.rate > 10**9


def test_before_scaling_has_decided_the_worst_is_what_regions_are_set_to(money: Money) -> None:
    """Instances that nobody has limited yet may cost all that they can; it is told, and counts until load is known."""
    money.budgets.set_limits(LIMITS)
    money.minute(0)
    calm = money.standing["worst_tick"], money.standing["windows"]["hour"]["counted"]
    money.fleet.resize(REGION, min_instances=0, max_instances=60)
    money.minute(0)

    assert calm == (0, 0)
    answers = 60 * 12_000 * (0.40 / 1e6 + 2_000 * 0.12 / 2**30)
    assert money.standing["worst_tick"] / 1e6 == pytest.approx(0.97 * DOLLARS_PER_INSTANCE_HOUR + answers, rel=0.05)
    assert money.standing["windows"]["hour"]["counted"] >= money.standing["worst_tick"]


def test_what_scaling_decided_counts_rather_than_what_is_set(money: Money) -> None:
    """Its word is newer: a region is set after it was decided about."""
    money.budgets.set_limits(LIMITS)
    money.fleet.resize(REGION, min_instances=0, max_instances=60)
    decided = {"region": REGION, "max_instances": 0, "denied": 0, "denial": ""}
    money.state.commit([Put(fleet_document(REGION), decided)])

    money.minute(0)

    assert money.standing["worst_tick"] == 0


def test_a_level_is_told_with_its_reason_and_since_when(money: Money) -> None:
    """It stays since it began, whatever is decided meanwhile; the hour that called for it is named."""
    money.budgets.set_limits(LIMITS)
    money.minute(0)
    for _ in range(8):
        money.minute(150)
    begun = money.standing["level"]
    money.minute(150)

    assert begun["label"] != "normal"
    assert begun["window"] == "hour"
    told = [entry.at for entry in Timeline(money.state).since(NOON) if entry.kind is EntryKind.SERVING_MODE]
    assert datetime.fromisoformat(begun["since"]) in told
    if money.standing["level"]["mode"] == begun["mode"]:
        assert money.standing["level"]["since"] == begun["since"]


def test_a_month_that_will_be_too_long_is_told_once_a_day(money: Money) -> None:
    """Not before a day of spending is known; then with what it comes to."""
    money.budgets.set_limits(Limits(micros_of(1000), micros_of(1000), micros_of(20)))
    money.minute(0)
    for _ in range(26):
        now = money.clock.now()
        money.load.given.append(LoadMinute(REGION, now, 1, now, 60, active_ms=3_600_000, idle_ms=0))
        money.clock.advance(timedelta(hours=1))
        money.tick()

    told = [entry.text for entry in Timeline(money.state).since(NOON) if "the month comes to" in entry.text]
    assert len(told) == 1
    assert "of $20.00" in told[0]


def test_raises_of_a_month_that_has_ended_are_removed(money: Money) -> None:
    """Until then what they added to the month still counts; told once."""
    money.budgets.set_limits(LIMITS)
    money.budgets.approve(ApprovedRaise("final", NOON, NOON + timedelta(hours=2), micros_of(50), "Ada"))
    kept = []
    for _ in range(3):
        money.clock.advance(timedelta(days=10))
        money.tick()
        budget = money.budgets.find()
        assert budget is not None
        kept.append(len(budget.raises))

    assert kept == [1, 1, 0]
    told = [entry.text for entry in Timeline(money.state).since(NOON) if "is over" in entry.text]
    assert told == ["the raise for final by Ada is over"]
