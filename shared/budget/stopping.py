"""Gives orders to stop all spending, or to let it go on, and tells of them."""

from datetime import timedelta
from typing import Final

from shared.budget.documents import Budgets
from shared.budget.emergency_stop import BallotOutcome, StopDecision, StopOrder, StopReason, StopState, obey
from shared.coordination.ballot import Outcome
from shared.coordination.ballots import Ballots
from shared.coordination.proposal import EmergencyStop
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.errors import Conflict
from shared.ports.clock import Clock

ACCEPTED_FOR: Final = timedelta(hours=1)
"""A ballot allows the stop for so long after it was decided: what is spent has changed since."""


class Stopping:
    """Orders of operators and of ballots; who gave one, when and why stands in the timeline."""

    def __init__(self, budgets: Budgets, ballots: Ballots, timeline: Timeline, clock: Clock) -> None:
        self._budgets = budgets
        self._ballots = ballots
        self._timeline = timeline
        self._clock = clock

    def order(self, order: StopOrder) -> StopDecision:
        """Carry out an order; one that says what holds already changes nothing and is told all the same."""
        decided: StopDecision | None = None

        def change(before: StopState) -> StopState:
            nonlocal decided
            decided = obey(order, before)
            return decided.state

        self._budgets.change_stop(change)
        assert decided is not None  # noqa: S101 - change_stop has called it
        self._tell(order, decided)
        return decided

    def by_ballot(self, ballot_id: str, decision: str = "") -> StopDecision:
        """Stop in the name of a ballot that was accepted, once: then it is closed. `decision` is carried out by it.

        Raises:
            NotFound: there is no such ballot.
            Conflict: it is about something else, was not accepted, or was carried out before.
        """
        ballot, now = self._ballots.get(ballot_id), self._clock.now()
        if not isinstance(ballot.proposal, EmergencyStop):
            raise Conflict(f"ballot {ballot_id!r} is not about an emergency stop")
        if ballot.outcome is not Outcome.ACCEPTED or ballot.decided_at is None:
            stands = "open" if ballot.outcome is None else ballot.outcome.value
            raise Conflict(f"ballot {ballot_id!r} is {stands}, not accepted")
        outcome = BallotOutcome(ballot_id, passed=True)
        why = f"{ballot.proposal.spent_share:.0%} of the budget was spent"
        order = StopOrder(stop=True, given_at=now, ballot=outcome, why=why, decision=decision)
        if ballot.closed_at is not None or now - ballot.decided_at > ACCEPTED_FOR:
            state = self._budgets.stop()
            if state.stopped and state.by == order.by:
                return StopDecision(state, StopReason.ALREADY_SO)
            raise Conflict(f"ballot {ballot_id!r} was carried out before, or is older than {ACCEPTED_FOR}")
        decided = self.order(order)
        self._ballots.close(ballot_id)
        return decided

    def _tell(self, order: StopOrder, decision: StopDecision) -> None:
        wish = "stop all spending" if order.stop else "spending goes on"
        why = f", because {order.why}" if order.why else ""
        text = f"{order.by}: {wish}{why} ({decision.reason.value})"
        key = f"{text} {order.given_at.isoformat()}"
        self._timeline.note(TimelineEntry(order.given_at, EntryKind.BUDGET, key, text))
