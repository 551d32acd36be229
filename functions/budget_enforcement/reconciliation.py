"""Bills against estimates: what a notification changes in the ledger."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from functions.budget_enforcement.billing_notice import BillingNotice
from functions.budget_enforcement.ledger import KEPT_HOURS, PPM, Billed, SpendLedger
from shared.budget.windows import Window
from shared.domain.money import Micros

CURRENCY = "USD"
# Bills of more than three times the estimate are of something else in the project; the month's count follows them all
# the same, the price of what runs next does not.
LARGEST_CORRECTION_PPM = 3 * PPM
# The first day of a month is too short to compare: bills lag behind by about as much.
COMPARABLE_AFTER = timedelta(days=1)
# Google's months begin at midnight in California.
LARGEST_OFFSET = timedelta(hours=14)


class NoticeOutcome(StrEnum):
    """What became of a notification."""

    APPLIED = "applied"
    REPEATED = "repeated"
    OVERTAKEN = "overtaken"
    WENT_BACK = "went_back"
    OTHER_MONTH = "other_month"
    OTHER_CURRENCY = "other_currency"
    TOO_OLD = "too_old"


@dataclass(frozen=True)
class Reconciled:
    """The ledger after a notification, and what became of it."""

    ledger: SpendLedger
    outcome: NoticeOutcome


def reconcile(ledger: SpendLedger, notice: BillingNotice) -> Reconciled:
    """Take over what a bill shows.

    The month counts at least what was billed. Where more was billed than had been estimated up to the moment of
    publication, which is later than what the bill covers, estimates are too low for certain: they are corrected by the
    ratio, in months of which all was estimated. A bill that is lower than the estimate is late, or too low; it lowers
    nothing.
    """
    month = Window.MONTH.start_of(ledger.booked_until - timedelta(microseconds=1))
    refused = _refused(ledger, notice)
    if refused is not None:
        return Reconciled(ledger, refused)
    before = ledger.billed if ledger.billed is not None and ledger.billed.month == month else None
    if before is not None and notice.cost < before.micros:
        # A credit, or an older state of the account: the higher bill stays, the order of notices moves on.
        return Reconciled(
            replace(ledger, billed=replace(before, published_at=notice.published_at)), NoticeOutcome.WENT_BACK
        )
    estimated = _estimated_at(ledger, notice)
    billed = Billed(month, notice.published_at, notice.cost, estimated)
    correction = ledger.correction_ppm
    whole_month = ledger.begun_at is None or ledger.begun_at <= month
    if whole_month and notice.published_at - month >= COMPARABLE_AFTER and estimated > 0:
        correction = min(max(PPM, notice.cost * PPM // estimated), LARGEST_CORRECTION_PPM)
    return Reconciled(replace(ledger, billed=billed, correction_ppm=correction), NoticeOutcome.APPLIED)


def _refused(ledger: SpendLedger, notice: BillingNotice) -> NoticeOutcome | None:
    """Why a notification says nothing about this ledger."""
    month = Window.MONTH.start_of(ledger.booked_until - timedelta(microseconds=1))
    before = ledger.billed
    repeated = before is not None and (before.published_at, before.micros) == (notice.published_at, notice.cost)
    rules = {
        NoticeOutcome.OTHER_CURRENCY: notice.currency != CURRENCY,
        NoticeOutcome.OTHER_MONTH: abs(notice.interval_start - month) > LARGEST_OFFSET,
        NoticeOutcome.TOO_OLD: notice.published_at < ledger.booked_until - timedelta(hours=KEPT_HOURS),
        NoticeOutcome.REPEATED: repeated,
        NoticeOutcome.OVERTAKEN: before is not None and notice.published_at < before.published_at,
    }
    return next((outcome for outcome, holds in rules.items() if holds), None)


def _estimated_at(ledger: SpendLedger, notice: BillingNotice) -> Micros:
    """What had been estimated for the month by the end of the hour of publication."""
    after = sum(micros for hour, micros in ledger.hours if hour > notice.published_at)
    return max(0, ledger.month - after)
