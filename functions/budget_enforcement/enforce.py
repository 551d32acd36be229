"""Each minute: book what was spent, decide what may be spent next and what gives way, and make both known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from functions.budget_enforcement.alerts import Alert, alerts_for
from functions.budget_enforcement.budget_policy import TICK, BudgetDecision, decide_budget
from functions.budget_enforcement.ceilings import Ceilings, ReadCeilings
from functions.budget_enforcement.ledger import SpendLedger, assume, book
from functions.budget_enforcement.ledger_store import Kept, LedgerStore
from functions.budget_enforcement.month_end import forecast_month_end
from functions.budget_enforcement.pacing import Ledgers
from functions.budget_enforcement.spend import Worst, costs_by_hour
from functions.budget_enforcement.standing_document import Outlook, reason_of, standing_write
from functions.budget_enforcement.unmeasured import Seen, seen_since, worst_by_hour
from functions.budget_enforcement.want_stop import WantStop
from shared.budget.documents import Budget, Budgets
from shared.budget.emergency_stop import StopState
from shared.budget.limits import ApprovedRaise, Limits
from shared.budget.spend_days import SpendDays
from shared.budget.windows import Window
from shared.coordination.races import retry_lost_races
from shared.crowds.spending import Spending, spending_write
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry, timeline_write
from shared.domain.money import Micros, dollars
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT
from shared.events.crowds import SpendDueV1
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.load_metrics import LoadMetrics
from shared.ports.state import Put, StateStore

UNLIMITED: Final = Limits(10**18, 10**18, 10**18)
"""A stop holds where no budget was ever set, too; let go, it limits nothing."""

KNOWN_HOURS: Final = 24
"""A rate of less than a day is no reason to speak of the month."""

LEAST_APART: Final = timedelta(seconds=30)
"""Two ticks closer than this are one tick delivered twice."""


@dataclass(frozen=True)
class Costs:
    """What one instance has, answers and costs, and how late load is measured."""

    worst: Worst
    load_late: timedelta


class EnforceBudget:
    """Does nothing where no budget was ever set: then nothing limits, and nothing gives way."""

    def __init__(
        self,
        *,
        state: StateStore,
        metrics: LoadMetrics,
        ceilings: ReadCeilings,
        ledgers: LedgerStore,
        want_stop: WantStop,
        timeline: Timeline,
        clock: Clock,
        costs: Costs,
    ) -> None:
        self._state = state
        self._spend_days = SpendDays(state)
        self._budgets = Budgets(state)
        self._metrics = metrics
        self._ceilings = ceilings
        self._ledgers = ledgers
        self._want_stop = want_stop
        self._timeline = timeline
        self._clock = clock
        self._costs = costs

    def __call__(self, _: SpendDueV1) -> Outcome:
        """Take a tick.

        Raises:
            DependencyUnavailable: load or documents cannot be read or written; the next tick books the rest.
        """
        return retry_lost_races(self._take, "spend ledger")

    def _take(self) -> Outcome:
        """Whoever lost to another delivery of the tick finds it done; whoever lost to a bill decides with it."""
        budget, stop, now = self._budgets.find(), self._budgets.stop(), self._clock.now()
        if budget is None and stop.ordered_at is None:
            return Outcome.DONE
        before = self._ledgers.recall()
        if before.decided_at is not None and now - before.decided_at < LEAST_APART:
            return Outcome.DUPLICATE
        ledger = before.ledger or self._begun(now)
        spent = self._spent_since(ledger.booked_until, now)
        for until, regions in spent:
            ledger = book(ledger, until, sum(regions.values()))
        ceilings = self._ceilings()
        seen = seen_since(before.seen, Seen(now, ceilings.most), ledger.booked_until)
        ledgers = self._ledgers_at(ledger, seen, now)
        decision = _decided(budget or Budget(UNLIMITED), stop, before, ledgers, ceilings, now)
        since = now if before.mode_since is None or decision.mode is not before.mode else before.mode_since
        after = Kept(ledger, decision.level.state, decision.mode, now, before.version, since, seen)
        raises = () if budget is None else budget.raises
        worst = self._costs.worst.cost(ceilings.most, TICK)
        outlook = Outlook(forecast_month_end(ledger, raises, now), worst, since)
        by_day = self._spend_days.additions(spent)
        also = [*by_day, standing_write(ledger, decision, outlook, now), *_consequences(before, decision, now)]
        self._ledgers.keep(before, after, also)
        self._alert(decision, now)
        self._alert_month_end(decision, outlook, now)
        self._let_go(raises, now)
        if budget is not None:
            self._want_stop(decision.windows, now, stopped=stop.stopped)
        return Outcome.DONE

    @staticmethod
    def _begun(now: datetime) -> SpendLedger:
        """What was spent before anybody set a budget counts for none."""
        since = _minute(now)
        return SpendLedger(booked_until=since, begun_at=since)

    def _spent_since(self, since: datetime, now: datetime) -> list[tuple[datetime, Mapping[str, Micros]]]:
        """The minutes since, once all that is measured of them has been reported; each is booked once."""
        until = _minute(now - self._costs.load_late)
        if until <= since:
            return []
        minutes = self._metrics.minutes(since, until)
        return list(costs_by_hour(minutes, since, until, self._costs.worst.shape, self._costs.worst.prices))

    def _ledgers_at(self, ledger: SpendLedger, seen: Sequence[Seen], now: datetime) -> Ledgers:
        """With the worst that the minutes since can have come to, so that what is late cannot pass a limit."""
        worst = ledger
        for until, micros in worst_by_hour(seen, ledger.booked_until, now, self._costs.worst):
            worst = assume(worst, until, micros)
        return Ledgers(ledger, worst)

    def _alert(self, decision: BudgetDecision, now: datetime) -> None:
        for alert, standing in alerts_for(decision.windows):
            start = standing.window.start_of(now)
            text = f"{standing.used:.0%} of the {standing.window.value}'s {dollars(standing.limit)} is spent"
            kind = EntryKind.ALERT if alert >= Alert.WARNING else EntryKind.BUDGET
            key = f"{alert.name} {standing.window.value} {start.isoformat()}"
            self._timeline.note_once(TimelineEntry(now, kind, key, text))

    def _alert_month_end(self, decision: BudgetDecision, outlook: Outlook, now: datetime) -> None:
        """Once a day, where the month comes to more than its limit at the rate of the last days."""
        limit = next(standing.limit for standing in decision.windows if standing.window is Window.MONTH)
        if outlook.month_end.hours >= KNOWN_HOURS and outlook.month_end.expected > limit:
            text = f"at this rate the month comes to {dollars(outlook.month_end.expected)} of {dollars(limit)}"
            self._timeline.note_once(TimelineEntry(now, EntryKind.ALERT, f"month end {now:%Y%m%d}", text))

    def _let_go(self, raises: Sequence[ApprovedRaise], now: datetime) -> None:
        """Raises of months that have ended are removed."""
        if any(one.is_over(now) for one in raises):
            for one in self._budgets.drop_past(now):
                text = f"the raise for {one.event_id} by {one.approved_by} is over"
                key = f"raise over {one.event_id} {one.end.isoformat()}"
                self._timeline.note_once(TimelineEntry(now, EntryKind.BUDGET, key, text))


def _decided(  # noqa: PLR0917 - one call above
    budget: Budget, stop: StopState, before: Kept, ledgers: Ledgers, ceilings: Ceilings, now: datetime
) -> BudgetDecision:
    return decide_budget(
        ledgers,
        budget.limits,
        budget.raises,
        level=before.level,
        stop=stop,
        now=now,
        scale_out_denied=ceilings.denied_for_money,
    )


def _consequences(before: Kept, decision: BudgetDecision, now: datetime) -> list[Put]:
    """The rate, the mode, and the line that tells of a change of mode."""
    reason = reason_of(decision)
    mode = {"mode": int(decision.mode), "reason": reason, "decided_at": now.isoformat()}
    writes = [spending_write(Spending(decision.micros_per_hour, now)), Put(SERVING_MODE_DOCUMENT, mode)]
    if decision.mode is not before.mode:
        because = f"{reason.replace('_', ' ')}, {dollars(decision.micros_per_hour)} an hour"
        text = f"serving mode {before.mode.label} -> {decision.mode.label} ({because})"
        fields = {"mode": int(decision.mode)}
        writes.append(
            timeline_write(TimelineEntry(now, EntryKind.SERVING_MODE, f"mode {now.isoformat()}", text, fields))
        )
    return writes


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
