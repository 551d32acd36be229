"""Telling everyone at once what the state store would tell them within a minute."""

from shared.coordination.ballot import Ballot
from shared.coordination.home_moves import Move
from shared.coordination.proposal import kind_of
from shared.events.codec import to_message
from shared.events.coordination import BallotDecidedV1, BallotOpenedV1, HomeMovedV1
from shared.events.event import Event, event_id_of
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher


class Announcements:
    """Publishes; a repeat has the same id and says the same, so it is made whenever a step is done again."""

    def __init__(self, publisher: Publisher, clock: Clock) -> None:
        self._publisher = publisher
        self._clock = clock

    def ballot(self, ballot: Ballot) -> None:
        """Say that a ballot is open, or what came of it."""
        event: Event
        if ballot.outcome is None:
            event = BallotOpenedV1(
                event_id=event_id_of(BallotOpenedV1.type, ballot.id),
                occurred_at=ballot.opened_at,
                ballot=ballot.id,
            )
        else:
            event = BallotDecidedV1(
                event_id=event_id_of(BallotDecidedV1.type, ballot.id),
                occurred_at=ballot.decided_at or self._clock.now(),
                ballot=ballot.id,
                kind=kind_of(ballot.proposal).value,
                outcome=ballot.outcome.value,
            )
        self._publisher.publish([to_message(event)])

    def home(self, move: Move, ballot: Ballot) -> None:
        """Say where a collection commits."""
        event = HomeMovedV1(
            event_id=event_id_of(HomeMovedV1.type, move.collection, move.home, move.epoch),
            occurred_at=self._clock.now(),
            collection=move.collection,
            region=move.home,
            epoch=move.epoch,
            ballot=ballot.id,
        )
        self._publisher.publish([to_message(event)])
