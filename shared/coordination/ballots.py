"""Ballots in the state store: opened once, voted on by compare-and-set, decided once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from shared.coordination.ballot import Ballot, Standing, Vote
from shared.coordination.membership import Membership
from shared.coordination.paths import BALLOTS, ballot_document
from shared.coordination.proposal import Proposal
from shared.coordination.races import retry_lost_races
from shared.errors import Conflict, NotFound
from shared.listing import listed
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, PreconditionFailed, Put, StateStore

KEPT_FOR: Final = timedelta(days=90)
"""To look up later what was decided by whom."""


class Ballots:
    """Opens, takes votes, tells outcomes."""

    def __init__(self, state: StateStore, clock: Clock, membership: Membership) -> None:
        self._state = state
        self._clock = clock
        self._membership = membership

    def open(self, ballot_id: str, proposal: Proposal, *, proposer: str, lasts: timedelta) -> Ballot:
        """Ask everyone who is there now. Opening again with the same proposal finds the ballot as it stands.

        Raises:
            Conflict: a ballot of this id is about something else, or there is no member to ask.
        """
        now, electorate = self._clock.now(), self._membership.live()
        if not electorate:
            raise Conflict("no region is live: there is nobody to vote")
        ballot = Ballot(ballot_id, proposal, proposer, now, now + lasts, electorate, {})
        put = Put(ballot_document(ballot_id), ballot.to_data(), if_version=ABSENT, expires_at=now + KEPT_FOR)
        try:
            self._state.commit([put])
        except PreconditionFailed:
            ballot = self.get(ballot_id)
            if ballot.proposal != proposal:
                raise Conflict(f"ballot {ballot_id!r} is about something else") from None
        return ballot

    def get(self, ballot_id: str) -> Ballot:
        """A ballot, decided if its time is up.

        Raises:
            NotFound: there is none of this id.
        """
        return self._changed(ballot_id, lambda ballot: ballot.settled(self._clock.now()))

    def vote(self, ballot_id: str, vote: Vote) -> tuple[Ballot, Standing]:
        """Cast a vote; what is not counted changes nothing.

        Raises:
            NotFound: there is no such ballot.
            RevisionConflict: others kept voting at the same moment; voting again is harmless.
        """
        standing = Standing.TOO_LATE

        def cast(ballot: Ballot) -> Ballot:
            nonlocal standing
            after, standing = ballot.voted(vote, self._clock.now())
            return after

        ballot = self._changed(ballot_id, cast)
        if standing is Standing.ALREADY_VOTED and ballot.votes[vote.region] == vote:
            standing = Standing.COUNTED  # before, or by a write whose answer was lost
        return ballot, standing

    def close(self, ballot_id: str) -> Ballot:
        """Say that what was decided is carried out, or will not be. Closing again changes nothing.

        Raises:
            NotFound: there is no such ballot.
            Conflict: it is still open.
        """

        def closed(ballot: Ballot) -> Ballot:
            settled = ballot.settled(self._clock.now())
            if settled.outcome is None:
                raise Conflict(f"ballot {ballot_id!r} is still open")
            return settled if settled.closed_at else replace(settled, closed_at=self._clock.now())

        return self._changed(ballot_id, closed)

    def all(self) -> list[Ballot]:
        """The ballots that are kept, the latest first; one whose time is up reads as decided."""
        now = self._clock.now()
        found = listed(self._state, BALLOTS)
        ballots = [Ballot.from_data(document.id, document.data).settled(now) for document in found]
        return sorted(ballots, key=lambda ballot: ballot.opened_at, reverse=True)

    def _changed(self, ballot_id: str, change: Callable[[Ballot], Ballot]) -> Ballot:
        return retry_lost_races(lambda: self._try_change(ballot_id, change), f"ballot {ballot_id}")

    def _try_change(self, ballot_id: str, change: Callable[[Ballot], Ballot]) -> Ballot:
        document = self._state.get(ballot_document(ballot_id))
        if document is None:
            raise NotFound(f"ballot {ballot_id!r} does not exist")
        before = Ballot.from_data(ballot_id, document.data)
        after = change(before)
        if after != before:
            expires_at = after.opened_at + KEPT_FOR
            self._state.commit(
                [Put(document.path, after.to_data(), if_version=document.version, expires_at=expires_at)]
            )
        return after
