"""The emergency stop: a named operator or a ballot that passed stops all spending, and an operator lets it go on.

A stop that a decision carried out ends with the decision, too: `shared/budget/decisions.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True)
class BallotOutcome:
    """What the regions voted."""

    ballot_id: str
    passed: bool


@dataclass(frozen=True)
class StopOrder:
    """An order to stop, or to go on; given by an operator or by a ballot, and why.

    `decision` is the one that is carried out by it, where there is one.
    """

    stop: bool
    given_at: datetime
    operator: str = ""
    ballot: BallotOutcome | None = None
    why: str = ""
    decision: str = ""

    @property
    def by(self) -> str:
        """Who stands behind it."""
        return self.operator.strip() or ("" if self.ballot is None else f"ballot {self.ballot.ballot_id}")


@dataclass(frozen=True)
class StopState:
    """Whether everything stands still, by whose order and why, and when the last order was given.

    `decision` is the one that lets go of the stop when it is over; empty where only an operator does.
    """

    stopped: bool = False
    by: str = ""
    ordered_at: datetime | None = None
    why: str = ""
    decision: str = ""


class StopReason(StrEnum):
    """What became of an order."""

    STOPPED = "stopped"
    RELEASED = "released"
    ALREADY_SO = "already_so"
    OVERTAKEN = "overtaken"
    NOBODY_NAMED = "nobody_named"
    BALLOT_NOT_PASSED = "ballot_not_passed"


@dataclass(frozen=True)
class StopDecision:
    """The state after an order, and what became of it."""

    state: StopState
    reason: StopReason


def obey(order: StopOrder, state: StopState) -> StopDecision:
    """Carry out an order, unless nobody stands behind it or a later one has been given."""
    refused = _refused(order, state)
    if refused is not None:
        return StopDecision(state, refused)
    holds_for = order.decision if order.stop else ""
    return StopDecision(
        StopState(order.stop, order.by, order.given_at, order.why, holds_for),
        StopReason.STOPPED if order.stop else StopReason.RELEASED,
    )


def _refused(order: StopOrder, state: StopState) -> StopReason | None:
    named = bool(order.operator.strip())
    if not named and order.ballot is None:
        return StopReason.NOBODY_NAMED
    if not named and order.ballot is not None and not order.ballot.passed:
        return StopReason.BALLOT_NOT_PASSED
    if state.ordered_at is not None and order.given_at < state.ordered_at:
        return StopReason.OVERTAKEN
    if order.decision and not order.stop and order.decision != state.decision:
        return StopReason.OVERTAKEN  # somebody else's stop is not the decision's to end
    takes_over = order.stop and state.decision and not order.decision
    return StopReason.ALREADY_SO if order.stop == state.stopped and not takes_over else None
