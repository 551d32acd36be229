"""The emergency stop: only a named operator or a ballot that passed may stop all spending, or let it go on."""

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
    """An order to stop, or to go on; given by an operator or by a ballot, and why."""

    stop: bool
    given_at: datetime
    operator: str = ""
    ballot: BallotOutcome | None = None
    why: str = ""

    @property
    def by(self) -> str:
        """Who stands behind it."""
        return self.operator.strip() or ("" if self.ballot is None else f"ballot {self.ballot.ballot_id}")


@dataclass(frozen=True)
class StopState:
    """Whether everything stands still, by whose order and why, and when the last order was given."""

    stopped: bool = False
    by: str = ""
    ordered_at: datetime | None = None
    why: str = ""


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
    return StopDecision(
        StopState(order.stop, order.by, order.given_at, order.why),
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
    return StopReason.ALREADY_SO if order.stop == state.stopped else None
