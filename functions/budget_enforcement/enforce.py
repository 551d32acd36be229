"""Each minute: book what was spent, decide what may be spent next and what gives way, and make both known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from functions.budget_enforcement.alerts import Alert, alert_for
from functions.budget_enforcement.budget_policy import BudgetDecision, decide_budget
from functions.budget_enforcement.ledger import KEPT_HOURS, SpendLedger, book
from functions.budget_enforcement.ledger_store import Kept, LedgerStore
from functions.budget_enforcement.spend import cost_of_minutes, worst_cost
from shared.budget.documents import Budget, Budgets
from shared.crowds.paths import FLEET
from shared.crowds.spending import Spending, spending_write
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.domain.money import dollars
from shared.domain.prices import InstanceShape, PriceTable
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode
from shared.events.crowds import SpendDueV1
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.load_metrics import LoadMetrics
from shared.ports.state import PreconditionFailed, Put, StateStore

LEAST_APART: Final = timedelta(seconds=30)
"""Two ticks closer than this are one tick delivered twice."""


@dataclass(frozen=True)
class Costs:
    """What one instance has, what that costs, and how late load is measured."""

    shape: InstanceShape
    prices: PriceTable
    load_late: timedelta


class EnforceBudget:
    """Does nothing where no budget was ever set: then nothing limits, and nothing gives way."""

    def __init__(
        self,
        *,
        state: StateStore,
        metrics: LoadMetrics,
        ledgers: LedgerStore,
        timeline: Timeline,
        clock: Clock,
        costs: Costs,
    ) -> None:
        self._state = state
        self._budgets = Budgets(state)
        self._metrics = metrics
        self._ledgers = ledgers
        self._timeline = timeline
        self._clock = clock
        self._costs = costs

    def __call__(self, _: SpendDueV1) -> Outcome:
        """Take a tick.

        Raises:
            DependencyUnavailable: load or documents cannot be read or written; the next tick books the rest.
        """
        budget, now = self._budgets.find(), self._clock.now()
        if budget is None:
            return Outcome.DONE
        before = self._ledgers.recall()
        if before.decided_at is not None and now - before.decided_at < LEAST_APART:
            return Outcome.DUPLICATE
        ledger = self._booked(before.ledger or SpendLedger(booked_until=_minute(now)), now)
        decision = self._decide(budget, before, ledger, now)
        try:
            self._ledgers.keep(before, ledger, decision.level.state, now, _consequences(decision, now))
        except PreconditionFailed:
            return Outcome.DUPLICATE  # another delivery decided this minute
        self._tell(before, decision, now)
        return Outcome.DONE

    def _booked(self, ledger: SpendLedger, now: datetime) -> SpendLedger:
        """With the minutes that have been measured since; a minute is booked once, when it can no longer change."""
        until = _minute(now - self._costs.load_late)
        since = max(ledger.booked_until, until - timedelta(hours=KEPT_HOURS))
        if until <= since:
            return ledger
        minutes = self._metrics.minutes(since, until)
        return book(ledger, until, cost_of_minutes(minutes, self._costs.shape, self._costs.prices))

    def _decide(self, budget: Budget, before: Kept, ledger: SpendLedger, now: datetime) -> BudgetDecision:
        """With the worst that the minutes since can have come to, so that what is late cannot pass a limit."""
        fleet = [document.data for document in self._state.list(FLEET)]
        most = {data["region"]: data["max_instances"] for data in fleet}
        since = now - ledger.booked_until
        unmeasured = worst_cost(most, since, self._costs.shape, self._costs.prices) if self._costs.load_late else 0
        return decide_budget(
            book(ledger, now, unmeasured),
            budget.limits,
            budget.raises,
            level=before.level,
            stop=self._budgets.stop(),
            now=now,
            scale_out_denied=any(data["denied"] and data["denial"] == "money" for data in fleet),
        )

    def _tell(self, before: Kept, decision: BudgetDecision, now: datetime) -> None:
        if decision.mode is not _mode_before(before):
            because = f"{decision.level.reason.value.replace('_', ' ')}, {dollars(decision.micros_per_hour)} an hour"
            text = f"serving mode {_mode_before(before).label} -> {decision.mode.label} ({because})"
            key = f"mode {now.isoformat()}"
            self._timeline.note(TimelineEntry(now, EntryKind.SERVING_MODE, key, text, {"mode": int(decision.mode)}))
        alert, worst = alert_for(decision.windows)
        if alert is not Alert.NONE:
            start = worst.window.start_of(now)
            text = f"{worst.used:.0%} of the {worst.window.value}'s {dollars(worst.limit)} is spent"
            kind = EntryKind.ALERT if alert >= Alert.WARNING else EntryKind.BUDGET
            key = f"{alert.name} {worst.window.value} {start.isoformat()}"
            self._timeline.note_once(TimelineEntry(now, kind, key, text))


def _mode_before(before: Kept) -> ServingMode:
    return before.level.mode


def _consequences(decision: BudgetDecision, now: datetime) -> Sequence[Put]:
    mode = {
        "mode": int(decision.mode),
        "reason": decision.stopped_by or decision.level.reason.value,
        "decided_at": now.isoformat(),
    }
    return [spending_write(Spending(decision.micros_per_hour, now)), Put(SERVING_MODE_DOCUMENT, mode)]


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
