"""What has been spent, and what bills change about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.budget_enforcement.billing_notice import BillingNotice, parse_notice
from functions.budget_enforcement.ledger import KEPT_HOURS, PPM, SpendLedger, book
from functions.budget_enforcement.month_end import forecast_month_end
from functions.budget_enforcement.reconciliation import NoticeOutcome, reconcile
from shared.budget.limits import ApprovedRaise
from shared.budget.windows import Window
from shared.domain.money import MICROS_PER_DOLLAR as DOLLAR

MONTH = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def booked(hours: int, dollars: int = 1, begin: datetime = MONTH) -> SpendLedger:
    """So many hours of a month at so many dollars each."""
    ledger = SpendLedger(begin)
    for number in range(1, hours + 1):
        ledger = book(ledger, begin + HOUR * number, dollars * DOLLAR)
    return ledger


def notice(dollars: float, hours: float, **fields: object) -> BillingNotice:
    """A bill of the month, published so many hours into it."""
    given = BillingNotice(
        budget_id="b",
        interval_start=MONTH + timedelta(hours=7),  # midnight in California
        cost=round(dollars * DOLLAR),
        budget=1000 * DOLLAR,
        currency="USD",
        published_at=MONTH + timedelta(hours=hours),
    )
    return replace(given, **fields)  # type: ignore[arg-type]


def test_windows_begin_and_end_on_the_clock() -> None:
    """Hours, days and months of UTC; December is followed by January."""
    moment = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert [window.start_of(moment).isoformat()[:13] for window in Window] == [
        "2026-12-31T23",
        "2026-12-31T00",
        "2026-12-01T00",
    ]
    assert {window.end_of(moment) for window in Window} == {datetime(2027, 1, 1, tzinfo=UTC)}


def test_spend_adds_up_and_windows_begin_anew() -> None:
    """After 25 hours the hour and the day hold one, the month all; what ends on the hour belongs to the hour before."""
    ledger = booked(25)

    assert [ledger.counted(window) // DOLLAR for window in Window] == [1, 1, 25]
    assert [ledger.rolled_to(MONTH + 25 * HOUR).counted(window) // DOLLAR for window in Window] == [0, 1, 25]
    assert ledger.rolled_to(MONTH + timedelta(days=31)).counted(Window.MONTH) == 0


def test_booking_a_moment_twice_changes_nothing() -> None:
    """A tick that is delivered again, or late, is not spent again."""
    ledger = booked(3)

    assert book(ledger, ledger.booked_until, DOLLAR) == ledger
    assert book(ledger, ledger.booked_until - HOUR, DOLLAR) == ledger


def test_rates_forget_at_the_pace_of_their_window() -> None:
    """After ten minutes at six times the pace the hour's rate has followed, the month's has hardly moved."""
    ledger = booked(72)
    for minute in range(1, 11):
        ledger = book(ledger, MONTH + 72 * HOUR + timedelta(minutes=minute), DOLLAR // 10)

    hour, day, month = (ledger.rate(window) / DOLLAR for window in Window)

    assert hour == pytest.approx(6, abs=0.6)
    assert 1.5 < day < 3
    assert 1 < month < 1.1


def test_hours_are_kept_for_as_long_as_bills_are_late() -> None:
    """The list does not grow without end."""
    assert len(booked(200).hours) == KEPT_HOURS


def test_a_bill_above_the_estimate_corrects_it() -> None:
    """36 dollars billed where 30 were estimated by then: everything counts a fifth more from now on."""
    found = reconcile(booked(48), notice(36, 30))

    assert found.outcome is NoticeOutcome.APPLIED
    assert found.ledger.correction_ppm == 36 * PPM // 31  # the hour in which it was published counts as estimated
    assert found.ledger.counted(Window.HOUR) > DOLLAR
    assert found.ledger.counted(Window.MONTH) == pytest.approx(48 * DOLLAR * 36 / 31, rel=1e-6)


def test_a_bill_below_the_estimate_lowers_nothing() -> None:
    """It is hours late, or wrong; either way spending may not pass the limit for it."""
    found = reconcile(booked(48), notice(2, 40))

    assert found.ledger.correction_ppm == PPM
    assert found.ledger.counted(Window.MONTH) == 48 * DOLLAR


def test_other_costs_of_the_project_count_for_the_month() -> None:
    """A bill far above the estimate counts in full, though prices are corrected threefold at most."""
    found = reconcile(booked(48), notice(500, 47.5)).ledger

    assert found.correction_ppm == 3 * PPM
    assert found.counted(Window.MONTH) == 500 * DOLLAR
    assert book(found, found.booked_until + HOUR, DOLLAR).counted(Window.MONTH) == 503 * DOLLAR


def test_a_bill_of_the_first_day_does_not_correct() -> None:
    """It counts, but is too young to compare."""
    found = reconcile(booked(10), notice(40, 9)).ledger

    assert found.correction_ppm == PPM
    assert found.counted(Window.MONTH) >= 40 * DOLLAR


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        pytest.param(notice(40, 40), NoticeOutcome.REPEATED, id="again"),
        pytest.param(notice(39, 35), NoticeOutcome.OVERTAKEN, id="out of order"),
        pytest.param(notice(30, 44), NoticeOutcome.WENT_BACK, id="lower than before"),
        pytest.param(notice(40, 44, currency="EUR"), NoticeOutcome.OTHER_CURRENCY, id="another currency"),
        pytest.param(
            notice(900, 44, interval_start=MONTH - timedelta(days=30)), NoticeOutcome.OTHER_MONTH, id="last month's"
        ),
        pytest.param(notice(900, -60), NoticeOutcome.TOO_OLD, id="days late"),
    ],
)
def test_late_repeated_and_wrong_notices_change_no_count(second: BillingNotice, outcome: NoticeOutcome) -> None:
    """Whatever comes after a bill of 40 dollars that is not a higher one leaves the count where it is."""
    first = reconcile(booked(48), notice(40, 40)).ledger

    found = reconcile(first, second)

    assert found.outcome is outcome
    assert [found.ledger.counted(window) for window in Window] == [first.counted(window) for window in Window]


def test_a_new_month_owes_nothing_of_the_old_bill() -> None:
    """The correction of prices stays, the amount does not."""
    june = reconcile(booked(48), notice(300, 40)).ledger

    july = book(june.rolled_to(MONTH + timedelta(days=30)), MONTH + timedelta(days=30, hours=1), DOLLAR)

    assert july.counted(Window.MONTH) == 3 * DOLLAR


def test_the_month_s_end_is_the_pace_of_the_last_days() -> None:
    """Ten days at a dollar an hour come to 720 dollars in June; an approved event may add its hours."""
    now = MONTH + timedelta(days=10)
    event = ApprovedRaise("final", now + 10 * HOUR, now + 13 * HOUR, 50 * DOLLAR, "Ada")

    plain, raised = forecast_month_end(booked(240), (), now), forecast_month_end(booked(240), (event,), now)

    assert plain.expected == pytest.approx(720 * DOLLAR, rel=0.02)
    assert raised.at_most - raised.expected == 150 * DOLLAR
    assert forecast_month_end(SpendLedger(now), (), now).expected == 0


SENT = {
    "budgetDisplayName": "Swell",
    "costAmount": 140.321,
    "costIntervalStart": "2026-06-01T07:00:00Z",
    "budgetAmount": 152.557,
    "budgetAmountType": "SPECIFIED_AMOUNT",
    "currencyCode": "USD",
}
ATTRIBUTES = {"billingAccountId": "01D4EE-079462-DFD6EC", "budgetId": "de72f49d", "schemaVersion": "1.0"}


def test_a_notification_is_read_by_google_s_schema() -> None:
    """Amounts become micro-dollars; fields that are not known, or not used, are ignored."""
    read = parse_notice({**SENT, "alertThresholdExceeded": "half", "newField": 1}, ATTRIBUTES, MONTH)

    assert (read.cost, read.budget, read.currency) == (140_321_000, 152_557_000, "USD")
    assert read.interval_start == MONTH + timedelta(hours=7)
    assert read.budget_id == "de72f49d"
    assert parse_notice(SENT, {}, MONTH).budget_id == ""


@pytest.mark.parametrize(
    ("changed", "attributes", "words"),
    [
        ({"costAmount": "much"}, ATTRIBUTES, "costAmount"),
        ({"costAmount": True}, ATTRIBUTES, "costAmount"),
        ({"costAmount": float("inf")}, ATTRIBUTES, "costAmount"),
        ({"budgetAmount": None}, ATTRIBUTES, "budgetAmount"),
        ({"costIntervalStart": "June"}, ATTRIBUTES, "costIntervalStart"),
        ({"costIntervalStart": "2026-06-01"}, ATTRIBUTES, "offset"),
        ({}, {"schemaVersion": "2.0"}, "schemaVersion"),
    ],
)
def test_a_notification_that_is_none_is_refused(
    changed: dict[str, object], attributes: dict[str, str], words: str
) -> None:
    """The error names the field and what is allowed."""
    with pytest.raises(ValueError, match=words):
        parse_notice(SENT | changed, attributes, MONTH)
