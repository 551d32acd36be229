"""Decisions that wait for a word: a stop that is wanted, asked about, applied and lifted. Pure.

Budget enforcement wants one, and the workflow `enforce_budget` carries it through. It is applied only if an operator
approved it, or if none refused it and the regions accepted a ballot about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from shared.errors import Conflict
from shared.moments import moment_of, text_of

EMERGENCY_STOP: Final = "emergency_stop"


class DecisionState(StrEnum):
    """How far it has come. `applying`: the stop may have been ordered already, or not yet."""

    WANTED = "wanted"
    PROPOSED = "proposed"
    APPLYING = "applying"
    APPLIED = "applied"
    LIFTED = "lifted"


@dataclass(frozen=True)
class Answer:
    """The word of an operator."""

    operator: str
    approves: bool
    at: datetime
    why: str = ""


@dataclass(frozen=True)
class SpendingDecision:
    """One decision. `why` is its cause, which may go before `ends_at`: then `cause_is_gone`.

    `run` is the execution that carries it through, the `attempt`th, begun at `begun_at`.
    """

    id: str
    action: str
    window: str
    why: str
    spent_share: float
    wanted_at: datetime
    ends_at: datetime
    state: DecisionState = DecisionState.WANTED
    run: str = ""
    attempt: int = 0
    begun_at: datetime | None = None
    cause_is_gone: bool = False
    callback_url: str = ""
    answer_by: datetime | None = None
    answer: Answer | None = None
    applied_at: datetime | None = None

    @property
    def ballot_id(self) -> str:
        """The ballot by which the regions say what they see."""
        return f"stop-{self.id}"

    @property
    def is_refused(self) -> bool:
        """Whether an operator said no."""
        return self.answer is not None and not self.answer.approves

    @property
    def is_asked(self) -> bool:
        """Whether it waits for an operator, who may say nothing."""
        return self.answer is None and self.state in _UNDECIDED

    @property
    def is_applied(self) -> bool:
        """Whether its stop was ordered."""
        return self.state is DecisionState.APPLIED

    @property
    def is_lifted(self) -> bool:
        """Whether it is done with, for good."""
        return self.state is DecisionState.LIFTED

    def is_over(self, now: datetime) -> bool:
        """Whether there is nothing left to enforce."""
        return self.is_lifted or self.cause_is_gone or now >= self.ends_at

    def begun(self, run: str, attempt: int, now: datetime) -> Self:
        """With the execution that carries it through."""
        return replace(self, run=run, attempt=attempt, begun_at=now)

    def without_cause(self) -> Self:
        """Its cause has gone."""
        return replace(self, cause_is_gone=True)

    def proposed(self, action: str, callback_url: str, answer_by: datetime) -> Self:
        """Asked about; asked again, the address of the answer is the newer one.

        Raises:
            Conflict: it is about something else, or it was lifted.
        """
        if action != self.action:
            raise Conflict(f"decision {self.id!r} is about {self.action}, not {action}")
        self._require_not_lifted()
        if self.state not in _UNDECIDED:
            return self
        return replace(self, state=DecisionState.PROPOSED, callback_url=callback_url, answer_by=answer_by)

    def answered(self, answer: Answer) -> Self:
        """With the word of an operator; the first counts, and the same again changes nothing.

        Raises:
            Conflict: another word was given, or it is too late for one.
        """
        if self.answer is not None:
            if (self.answer.operator, self.answer.approves) == (answer.operator, answer.approves):
                return self
            said = "approved" if self.answer.approves else "refused"
            raise Conflict(f"decision {self.id!r} was {said} by {self.answer.operator}")
        if self.state not in _UNDECIDED:
            raise Conflict(f"decision {self.id!r} is {self.state.value}: it is too late to answer")
        return replace(self, answer=answer)

    def applying(self, now: datetime) -> Self:
        """About to be applied. Begun again, its order is of the same moment, so that a later one overtakes it.

        Raises:
            Conflict: it was refused or lifted, or is over.
        """
        self._require_not_lifted()
        if self.is_over(now):
            raise Conflict(f"decision {self.id!r} is over: its cause is gone")
        if self.answer is not None and self.is_refused:
            raise Conflict(f"decision {self.id!r} was refused by {self.answer.operator}")
        return replace(self, state=DecisionState.APPLYING, applied_at=self.applied_at or now)

    def applied(self) -> Self:
        """In force; what was lifted meanwhile stays lifted."""
        return self if self.is_lifted else replace(self, state=DecisionState.APPLIED)

    def lifted(self) -> Self:
        """Taken back, or never applied: either way it is over."""
        return replace(self, state=DecisionState.LIFTED)

    def _require_not_lifted(self) -> None:
        if self.is_lifted:
            raise Conflict(f"decision {self.id!r} was lifted")

    def to_data(self) -> dict[str, Any]:
        """The state document."""
        data = {one.name: getattr(self, one.name) for one in fields(self)}
        answer = None if self.answer is None else {**vars(self.answer), "at": self.answer.at.isoformat()}
        moments = {name: text_of(data[name]) for name in _MOMENTS}
        return {**data, **moments, "state": self.state.value, "answer": answer}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The decision that a state document describes."""
        answer = data["answer"]
        if answer is not None:
            answer = Answer(**{**answer, "at": datetime.fromisoformat(answer["at"])})
        moments = {name: moment_of(data[name]) for name in _MOMENTS}
        return cls(**{**data, **moments, "state": DecisionState(data["state"]), "answer": answer})


_UNDECIDED: Final = frozenset({DecisionState.WANTED, DecisionState.PROPOSED})
_MOMENTS: Final = ("wanted_at", "ends_at", "begun_at", "answer_by", "applied_at")
