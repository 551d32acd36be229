"""Notifications of Cloud Billing as they arrive: late, repeated, going back, out of order, and at a tick's moment."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.budget_enforcement.ledger import PPM, SpendLedger, book
from functions.budget_enforcement.ledger_store import Kept, LedgerStore
from functions.budget_enforcement.serving_level import LevelState
from functions.budget_enforcement.settings import BudgetEnforcementSettings
from functions.budget_enforcement.wiring import build
from shared.adapters.opening import Adapters
from shared.budget.documents import LEDGER, Budgets
from shared.budget.limits import Limits
from shared.budget.windows import Window
from shared.crowds.timeline import EntryKind, Timeline
from shared.domain.money import MICROS_PER_DOLLAR as DOLLAR
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode
from shared.entrypoint import Consumer
from shared.events.codec import to_message
from shared.events.crowds import SpendDueV1
from shared.foreign_messages import PUBLISHED_AT, PUBLISHED_ID
from shared.outcomes import Outcome
from shared.ports.state import ABSENT, Put
from tests.fakes.clock import FrozenClock
from tests.fakes.crowds import paper_platform
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

MONTH = datetime(2026, 6, 1, tzinfo=UTC)
NOW = MONTH + timedelta(days=2)
HOUR = timedelta(hours=1)
SENT = {
    "budgetDisplayName": "Swell",
    "alertThresholdExceeded": 0.5,
    "costAmount": 48.0,
    "costIntervalStart": "2026-06-01T07:00:00Z",
    "budgetAmount": 100.0,
    "budgetAmountType": "SPECIFIED_AMOUNT",
    "currencyCode": "USD",
}
ATTRIBUTES = {"billingAccountId": "01D4EE-079462-DFD6EC", "budgetId": "de72f49d", "schemaVersion": "1.0"}


@dataclass
class Bills:
    """Budget enforcement after two days at a dollar an hour."""

    consumer: Consumer
    clock: FrozenClock
    state: InMemoryState
    publisher: RecordingPublisher

    def notice(self, dollars: float, *, at: datetime = NOW, budget: str = "de72f49d", **changed: Any) -> Outcome:
        """One notification, as Pub/Sub delivers it."""
        body = json.dumps({**SENT, "costAmount": dollars, **changed}).encode()
        envelope = {PUBLISHED_ID: "m-1", PUBLISHED_AT: at.isoformat()}
        return self.consumer.consume(body, {**ATTRIBUTES, "budgetId": budget}, envelope)

    def tick(self) -> Outcome:
        """A minute later."""
        self.clock.advance(timedelta(minutes=1))
        message = to_message(SpendDueV1(event_id="tick", occurred_at=self.clock.now()))
        return self.consumer.consume(message.data, message.attributes)

    @property
    def ledger(self) -> SpendLedger:
        """What is kept."""
        ledger = LedgerStore(self.state).recall().ledger
        assert ledger is not None
        return ledger

    @property
    def told(self) -> list[str]:
        """What the timeline says of bills."""
        entries = Timeline(self.state).since(MONTH)
        return [entry.text for entry in entries if entry.kind is EntryKind.BUDGET and "billed" in entry.text]


def begin(state: InMemoryState | None = None, budget_id: str | None = None) -> Bills:
    """The function on fakes."""
    clock, publisher = FrozenClock(NOW), RecordingPublisher()
    state = state or InMemoryState(clock=clock)
    ledger = SpendLedger(MONTH)
    for hour in range(1, 49):
        ledger = book(ledger, MONTH + hour * HOUR, DOLLAR)
    decided = Kept(ledger, LevelState(), ServingMode.NORMAL, NOW - timedelta(minutes=1), ABSENT)
    LedgerStore(state).keep(Kept(None, LevelState(), ServingMode.NORMAL, None, ABSENT), decided, [])
    Budgets(state).set_limits(Limits(1000 * DOLLAR, 1000 * DOLLAR, 100 * DOLLAR))
    settings = BudgetEnforcementSettings.model_validate(
        {"runtime": "embedded", "data_dir": "unused", "budget_id": budget_id}
    )
    adapters = Adapters(state, InMemoryObjects(clock=clock), publisher, clock)
    return Bills(build(adapters, paper_platform(state, clock), settings), clock, state, publisher)


def test_a_bill_above_the_estimate_counts_and_is_told() -> None:
    """60 dollars billed where 48 were estimated: estimates count a quarter more, and the timeline says so."""
    bills = begin()

    assert bills.notice(60) is Outcome.DONE

    assert bills.ledger.correction_ppm == 60 * PPM // 48
    assert bills.ledger.counted(Window.MONTH) == 60 * DOLLAR
    [told] = bills.told
    assert told.startswith("$60.00 of June were billed by 06-03 00:00 UTC, $48.00 estimated")


def test_a_bill_that_leaves_nothing_of_the_month_raises_the_mode() -> None:
    """99 of 100 dollars: the next tick leaves only premium readers something."""
    bills = begin()
    bills.notice(99)

    assert bills.tick() is Outcome.DONE

    document = bills.state.get(SERVING_MODE_DOCUMENT)
    assert document is not None
    assert (document.data["mode"], document.data["reason"]) == (ServingMode.EMERGENCY, "exhausted")


def test_what_comes_again_back_or_out_of_order_changes_no_count() -> None:
    """The highest bill counts, whatever order they come in; each says what became of it."""
    bills = begin()
    bills.notice(60, at=NOW - 2 * HOUR)
    counted = bills.ledger.counted(Window.MONTH)

    outcomes = [
        bills.notice(60, at=NOW - 2 * HOUR),  # delivered again
        bills.notice(55, at=NOW - 3 * HOUR),  # an older one, late
        bills.notice(50, at=NOW - HOUR),  # a credit
        bills.notice(500, at=NOW, costIntervalStart="2026-05-01T07:00:00Z"),  # last month's
        bills.notice(500, at=NOW, currencyCode="EUR"),
    ]

    assert outcomes == [Outcome.DUPLICATE, Outcome.STALE, Outcome.STALE, Outcome.STALE, Outcome.STALE]
    assert bills.ledger.counted(Window.MONTH) == counted
    assert len(bills.told) == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 2)])
def test_the_newest_bill_counts_in_whatever_order_they_come(order: tuple[int, ...]) -> None:
    """Three notices of a growing bill, the last of them always among them."""
    bills = begin()
    for number in order:
        bills.notice(50 + 5 * number, at=NOW - HOUR * (3 - number))

    assert bills.ledger.billed is not None
    assert bills.ledger.billed.micros == 60 * DOLLAR


def test_a_bill_that_says_nothing_new_is_not_told_again() -> None:
    """They come every half hour, mostly with the same amount."""
    bills = begin()
    for number in range(4):
        bills.notice(40, at=NOW - HOUR + number * timedelta(minutes=10))

    assert len(bills.told) == 1


def test_bills_of_a_month_that_was_not_counted_whole_correct_nothing() -> None:
    """A budget that was set in the middle of the month knows half of it: the bill counts, its ratio says nothing."""
    bills = begin()
    document = bills.state.get(LEDGER)
    assert document is not None
    ledger = {**document.data["ledger"], "begun_at": (MONTH + HOUR).isoformat()}
    bills.state.commit([Put(LEDGER, {**document.data, "ledger": ledger})])

    assert bills.notice(90) is Outcome.DONE

    assert bills.ledger.correction_ppm == PPM
    assert bills.ledger.counted(Window.MONTH) == 90 * DOLLAR


def test_other_budgets_on_the_same_topic_do_not_count() -> None:
    """Where one budget is named, the bill of another, perhaps of the whole account, is none of ours."""
    bills = begin(budget_id="de72f49d")

    assert bills.notice(90, budget="the-whole-account") is Outcome.STALE
    assert bills.ledger.billed is None
    assert bills.notice(50) is Outcome.DONE


@pytest.mark.parametrize(
    ("body", "envelope", "says"),
    [
        (b"not json", {PUBLISHED_AT: NOW.isoformat()}, "line 1 column 1"),
        (b"[]", {PUBLISHED_AT: NOW.isoformat()}, "a JSON object"),
        (json.dumps({**SENT, "costAmount": "48"}).encode(), {PUBLISHED_AT: NOW.isoformat()}, "costAmount"),
        (json.dumps(SENT).encode(), {}, "ce-time"),
    ],
)
def test_what_is_no_notification_is_parked_with_a_reason(body: bytes, envelope: dict[str, str], says: str) -> None:
    """It would fail again; the dead letter says why, and keeps what was sent."""
    bills = begin()

    assert bills.consumer.consume(body, ATTRIBUTES, envelope) is Outcome.PARKED

    [parked] = bills.publisher.take("budget_enforcement.billing-notices.dead")
    assert says in parked.attributes["swell-parked-reason"]
    assert (parked.data, parked.attributes["budgetId"]) == (body, "de72f49d")
    assert bills.ledger.billed is None


class Interfering(InMemoryState):
    """Lets somebody else write the ledger just before the first write of it after `others` is set."""

    others: Callable[[], object] | None = None

    def commit(self, writes: Any) -> list[str]:
        """As the port."""
        if self.others is not None and any(write.path == LEDGER for write in writes):
            others, self.others = self.others, None
            others()
        return super().commit(writes)


def test_a_bill_at_the_moment_of_a_tick_loses_neither() -> None:
    """Whoever is second decides again with what the first has written."""
    state = Interfering(clock=FrozenClock(NOW))
    bills = begin(state)
    state.others = lambda: bills.notice(99)

    assert bills.tick() is Outcome.DONE

    assert bills.ledger.counted(Window.MONTH) >= 99 * DOLLAR
    document = bills.state.get(SERVING_MODE_DOCUMENT)
    assert document is not None
    assert document.data["reason"] == "exhausted"


def test_two_deliveries_of_a_tick_at_once_are_one() -> None:
    """The second finds the minute decided."""
    state = Interfering(clock=FrozenClock(NOW))
    bills = begin(state)
    state.others = lambda: bills.consumer.consume(
        (message := to_message(SpendDueV1(event_id="tick", occurred_at=bills.clock.now()))).data, message.attributes
    )

    assert bills.tick() is Outcome.DUPLICATE
