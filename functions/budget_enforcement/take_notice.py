"""Takes what Cloud Billing says has been billed into the ledger; hours late, repeated, going back, in any order."""

from typing import Final

from functions.budget_enforcement.billing_notice import BillingNotice
from functions.budget_enforcement.ledger import PPM, SpendLedger
from functions.budget_enforcement.ledger_store import LedgerStore
from functions.budget_enforcement.reconciliation import NoticeOutcome, reconcile
from shared.coordination.races import retry_lost_races
from shared.crowds.timeline import EntryKind, TimelineEntry, timeline_write
from shared.domain.money import dollars
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.state import Put

_OUTCOMES: Final = {NoticeOutcome.APPLIED: Outcome.DONE, NoticeOutcome.REPEATED: Outcome.DUPLICATE}
"""Everything else says nothing about this ledger any more."""


class TakeNotice:
    """Changes the ledger by compare-and-set, since a tick may book at the same moment.

    `budget_id`: the only budget whose notifications count, where several budgets notify the same topic.
    """

    def __init__(self, ledgers: LedgerStore, clock: Clock, budget_id: str | None) -> None:
        self._ledgers = ledgers
        self._clock = clock
        self._budget_id = budget_id

    def __call__(self, notice: BillingNotice) -> Outcome:
        """Take one notification. Before anything was booked there is nothing that it could correct.

        Raises:
            RevisionConflict: ticks and notifications were always first; the notification comes again.
        """
        if self._budget_id not in (None, notice.budget_id):
            return Outcome.STALE
        return retry_lost_races(lambda: self._take(notice), "spend ledger")

    def _take(self, notice: BillingNotice) -> Outcome:
        before = self._ledgers.recall()
        if before.ledger is None:
            return Outcome.STALE
        found = reconcile(before.ledger, notice)
        if found.ledger != before.ledger:
            self._ledgers.keep_ledger(before, found.ledger, self._told(before.ledger, found.ledger))
        return _OUTCOMES.get(found.outcome, Outcome.STALE)

    def _told(self, before: SpendLedger, after: SpendLedger) -> list[Put]:
        """A line for a bill that says something new; most only say again what is known."""
        was, now_is = before.billed, after.billed
        assert now_is is not None  # noqa: S101 - something was taken
        known = was is not None and was.month == now_is.month and was.micros == now_is.micros
        if known and before.correction_ppm == after.correction_ppm:
            return []
        text = (
            f"{dollars(now_is.micros)} of {now_is.month:%B} were billed by {now_is.published_at:%m-%d %H:%M} UTC, "
            f"{dollars(now_is.estimated_micros)} estimated; estimates count times {after.correction_ppm / PPM:.2f}"
        )
        now = self._clock.now()
        key = f"bill {now_is.published_at.isoformat()} {now_is.micros}"
        return [timeline_write(TimelineEntry(now, EntryKind.BUDGET, key, text))]
