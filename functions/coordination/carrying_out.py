"""Carrying out what a ballot has accepted, step by step, under a lease; every step can be asked for again."""

from collections.abc import Callable

from shared.coordination.announcing import Announcements
from shared.coordination.ballot import Ballot
from shared.coordination.ballots import Ballots
from shared.coordination.home_moves import HomeMoves, Move, Step
from shared.coordination.leases import HeldLease, Leases
from shared.coordination.proposal import MoveHome
from shared.errors import Conflict, NotFound


class CarryOut:
    """Fences and moves all collections that a ballot is about."""

    def __init__(self, ballots: Ballots, leases: Leases, moves: HomeMoves, announcements: Announcements) -> None:
        self._ballots = ballots
        self._leases = leases
        self._moves = moves
        self._announcements = announcements

    def fence(self, ballot_id: str, lease: str, fencing_token: int) -> list[Move]:
        """Have nothing commit in the old home for a while. Raises as `promote`."""
        return self._each(ballot_id, lease, fencing_token, self._moves.fence)

    def promote(self, ballot_id: str, lease: str, fencing_token: int) -> list[Move]:
        """Give to the heir what it has whole; what it has not stays, and is told with how much it lacks.

        Raises:
            NotFound: there is no such ballot.
            Conflict: the ballot does not allow it, or the lease was lost.
        """
        return self._each(ballot_id, lease, fencing_token, self._moves.promote)

    def _each(
        self, ballot_id: str, lease: str, fencing_token: int, step: Callable[[Ballot, str, HeldLease], Move]
    ) -> list[Move]:
        ballot = self._ballots.get(ballot_id)
        if not isinstance(ballot.proposal, MoveHome):
            raise Conflict(f"ballot {ballot_id!r} is not about a home")
        moves = []
        for collection in self._moves.concerned(ballot):
            held = self._leases.held(lease, fencing_token)
            try:
                move = step(ballot, collection, held)
            except NotFound:  # deleted meanwhile
                continue
            if move.step in {Step.MOVED, Step.MOVED_BEFORE}:
                self._announcements.home(move, ballot)
            moves.append(move)
        return moves
