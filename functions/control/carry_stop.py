"""Carries a decision that waits for a word through: asks, takes the answer, stops, and lets go."""

from contextlib import suppress
from datetime import timedelta

from shared.budget.decision_store import SpendingDecisions
from shared.budget.decisions import Answer, SpendingDecision
from shared.budget.documents import Budgets
from shared.budget.emergency_stop import StopOrder
from shared.budget.stopping import Stopping
from shared.coordination.announcing import Announcements
from shared.coordination.ballot import Outcome
from shared.coordination.ballots import Ballots
from shared.coordination.proposal import EmergencyStop
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.errors import Conflict, DependencyUnavailable, FieldProblem, InvalidRequest, NotFound, shortened
from shared.ports.callbacks import Callbacks
from shared.ports.clock import Clock


class CarryStop:
    """Every step can be asked for again. A decision itself is wanted by budget enforcement, never by a request."""

    def __init__(
        self,
        *,
        decisions: SpendingDecisions,
        budgets: Budgets,
        stopping: Stopping,
        ballots: Ballots,
        announcements: Announcements,
        callbacks: Callbacks,
        timeline: Timeline,
        clock: Clock,
    ) -> None:
        self._decisions = decisions
        self._budgets = budgets
        self._stopping = stopping
        self._ballots = ballots
        self._announcements = announcements
        self._callbacks = callbacks
        self._timeline = timeline
        self._clock = clock

    def all(self) -> list[SpendingDecision]:
        """The decisions that are kept, the latest first."""
        return self._decisions.all()

    def get(self, decision_id: str) -> SpendingDecision:
        """One decision.

        Raises:
            NotFound: there is none of this id.
        """
        return self._decisions.get(decision_id)

    def is_over(self, decision: SpendingDecision) -> bool:
        """Whether nothing is left to enforce: its cause is gone, or somebody else has ended or taken over the stop."""
        if decision.is_applied and not self._holds(decision):
            return True
        return decision.is_over(self._clock.now())

    def is_asked(self, decision: SpendingDecision) -> bool:
        """Whether the word of an operator is waited for."""
        return decision.is_asked and not self.is_over(decision)

    def may_apply(self, decision: SpendingDecision) -> bool:
        """Whether somebody stands behind it: an operator, or the regions where none refused it."""
        if decision.is_refused or self.is_over(decision):
            return False
        return decision.answer is not None or decision.is_applied or self._is_accepted(decision)

    def propose(self, decision_id: str, action: str, callback_url: str, lasts: timedelta) -> SpendingDecision:
        """Ask operators, whose answer wakes whoever waits at an address, and the regions, by a ballot.

        Raises:
            NotFound: nobody wanted such a decision.
            InvalidRequest: the address is not one of a workflow.
            Conflict: the decision is about something else, or was lifted.
        """
        if not self._callbacks.allows(callback_url):
            raise InvalidRequest(FieldProblem("callback_url", shortened(callback_url), "the address of a callback"))
        answer_by = self._clock.now() + lasts
        decision = self._decisions.change(decision_id, lambda one: one.proposed(action, callback_url, answer_by))
        if self.is_asked(decision):
            with suppress(Conflict):  # no region is live: an operator has to say it
                proposal = EmergencyStop(decision.spent_share)
                ballot = self._ballots.open(decision.ballot_id, proposal, proposer="budget", lasts=lasts)
                self._announcements.ballot(ballot)
        return decision

    def answer(self, decision_id: str, operator: str, *, approves: bool, why: str) -> SpendingDecision:
        """Keep the word of an operator, and wake the workflow; where it cannot be woken, it looks when its time is up.

        Raises:
            NotFound: there is no such decision.
            Conflict: another word was given, or it is too late.
        """
        word = Answer(operator, approves, self._clock.now(), why)
        decision = self._decisions.change(decision_id, lambda one: one.answered(word))
        given = decision.answer or word
        said = f"{given.operator} {'approves' if given.approves else 'refuses'} the stop of decision {decision_id}"
        text = f"{said}{f', because {given.why}' if given.why else ''}"
        self._timeline.note_once(TimelineEntry(given.at, EntryKind.BUDGET, f"answer {decision_id}", text))
        if decision.callback_url:
            with suppress(DependencyUnavailable):
                self._callbacks.send(decision.callback_url, {})
        return decision

    def apply(self, decision_id: str) -> SpendingDecision:
        """Stop all spending, in the name of the operator who approved, or of the ballot where nobody answered.

        Raises:
            NotFound: there is no such decision.
            Conflict: it was refused, it is over, or neither an operator nor the regions stand behind it.
        """
        decision = self._decisions.get(decision_id)
        if decision.is_applied:
            return decision
        if decision.answer is None and not decision.is_over(self._clock.now()) and not self._is_accepted(decision):
            raise Conflict(f"decision {decision_id!r}: no operator approved it, and no ballot about it was accepted")
        decision = self._decisions.change(decision_id, lambda one: one.applying(self._clock.now()))
        self._stop(decision)
        applied = self._decisions.change(decision_id, SpendingDecision.applied)
        if applied.is_lifted:  # while the stop was ordered
            self._release(applied)
        return applied

    def lift(self, decision_id: str) -> SpendingDecision:
        """End the stop that the decision applied, if it still is that which holds; where there is none, note that.

        Raises:
            NotFound: there is no such decision.
        """
        lifted = self._decisions.change(decision_id, SpendingDecision.lifted)
        self._release(lifted)
        return lifted

    def _stop(self, decision: SpendingDecision) -> None:
        if decision.answer is None:
            self._stopping.by_ballot(decision.ballot_id, decision.id)
            return
        order = StopOrder(
            stop=True,
            given_at=decision.applied_at or self._clock.now(),
            operator=decision.answer.operator,
            why=decision.why,
            decision=decision.id,
        )
        self._stopping.order(order)

    def _release(self, decision: SpendingDecision) -> None:
        if self._holds(decision):
            name = f"decision {decision.id}"
            order = StopOrder(
                stop=False, given_at=self._clock.now(), operator=name, why="it is over", decision=decision.id
            )
            self._stopping.order(order)

    def _holds(self, decision: SpendingDecision) -> bool:
        stop = self._budgets.stop()
        return stop.stopped and stop.decision == decision.id

    def _is_accepted(self, decision: SpendingDecision) -> bool:
        try:
            return self._ballots.get(decision.ballot_id).outcome is Outcome.ACCEPTED
        except NotFound:
            return False
