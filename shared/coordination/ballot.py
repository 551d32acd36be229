"""The rules of a ballot. Pure.

Whoever is a member when it opens may vote, once, in that incarnation; a majority of these decides. The outcome stands
as soon as the votes that are missing cannot change it, or at the deadline; then nothing changes any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from shared.coordination.proposal import Proposal, details_of, kind_of, proposal_of


class Outcome(StrEnum):
    """What came of a ballot."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Standing(StrEnum):
    """What became of a vote."""

    COUNTED = "counted"
    ALREADY_VOTED = "already_voted"
    NOT_AN_ELECTOR = "not_an_elector"
    OTHER_INCARNATION = "other_incarnation"
    TOO_LATE = "too_late"


@dataclass(frozen=True)
class Vote:
    """A member's word, and why."""

    region: str
    incarnation: int
    approves: bool
    reason: str


@dataclass(frozen=True)
class Ballot:
    """One question to the members."""

    id: str
    proposal: Proposal
    proposer: str
    opened_at: datetime
    deadline: datetime
    electorate: Mapping[str, int]
    """Who may vote: regions, and the incarnation of each when it opened."""
    votes: Mapping[str, Vote]
    outcome: Outcome | None = None
    decided_at: datetime | None = None
    closed_at: datetime | None = None
    """When what was accepted had been carried out; then it allows nothing more."""

    @property
    def quorum(self) -> int:
        """How many approvals it takes: more than half of the electorate, not of those who vote."""
        return len(self.electorate) // 2 + 1

    @property
    def approvals(self) -> int:
        """How many approve."""
        return sum(vote.approves for vote in self.votes.values())

    @property
    def refusals(self) -> int:
        """How many do not."""
        return len(self.votes) - self.approvals

    def voted(self, vote: Vote, now: datetime) -> tuple[Self, Standing]:
        """The ballot after a vote, and what became of it. Any vote also has the clock looked at."""
        due = self.settled(now)
        if due.outcome is not None:
            return due, Standing.TOO_LATE
        standing = self._standing_of(vote)
        if standing is not Standing.COUNTED:
            return due, standing
        return replace(self, votes={**self.votes, vote.region: vote}).settled(now), standing

    def settled(self, now: datetime) -> Self:
        """The ballot with its outcome, if it has come to one; a decided one never changes."""
        if self.outcome is not None:
            return self
        outcome = self._counted() or (Outcome.EXPIRED if now >= self.deadline else None)
        return self if outcome is None else replace(self, outcome=outcome, decided_at=now)

    def _standing_of(self, vote: Vote) -> Standing:
        if vote.region not in self.electorate:
            return Standing.NOT_AN_ELECTOR
        if self.electorate[vote.region] != vote.incarnation:
            return Standing.OTHER_INCARNATION
        return Standing.ALREADY_VOTED if vote.region in self.votes else Standing.COUNTED

    def _counted(self) -> Outcome | None:
        if self.approvals >= self.quorum:
            return Outcome.ACCEPTED
        return Outcome.REJECTED if len(self.electorate) - self.refusals < self.quorum else None

    @classmethod
    def from_data(cls, ballot_id: str, data: Mapping[str, Any]) -> Self:
        """The ballot that a state document describes."""
        return cls(
            id=ballot_id,
            proposal=proposal_of(data["kind"], data["proposal"]),
            proposer=data["proposer"],
            opened_at=datetime.fromtimestamp(data["opened_at"], UTC),
            deadline=datetime.fromtimestamp(data["deadline"], UTC),
            electorate=dict(data["electorate"]),
            votes={region: Vote(region, **vote) for region, vote in data["votes"].items()},
            outcome=Outcome(data["outcome"]) if data["outcome"] else None,
            decided_at=_moment(data["decided_at"]),
            closed_at=_moment(data["closed_at"]),
        )

    def to_data(self) -> dict[str, Any]:
        """The state document of this ballot; times are seconds since 1970."""
        return {
            "kind": kind_of(self.proposal).value,
            "proposal": details_of(self.proposal),
            "proposer": self.proposer,
            "opened_at": self.opened_at.timestamp(),
            "deadline": self.deadline.timestamp(),
            "electorate": dict(self.electorate),
            "votes": {
                region: {"incarnation": vote.incarnation, "approves": vote.approves, "reason": vote.reason}
                for region, vote in self.votes.items()
            },
            "outcome": self.outcome.value if self.outcome else None,
            "decided_at": self.decided_at.timestamp() if self.decided_at else None,
            "closed_at": self.closed_at.timestamp() if self.closed_at else None,
        }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
