"""Ballots in the state store are opened once and decided once, whoever is late."""

from datetime import timedelta

import pytest

from shared.coordination.ballot import Outcome, Standing, Vote
from shared.coordination.ballots import Ballots
from shared.coordination.member import Report
from shared.coordination.membership import Membership
from shared.coordination.proposal import EmergencyStop, MoveHome
from shared.errors import Conflict, NotFound
from tests.fakes.clock import FrozenClock
from tests.fakes.state import InMemoryState

MOVE = MoveHome("a", "b")
MINUTE = timedelta(minutes=1)


class World:
    """Members a, b and c."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        state = InMemoryState(clock=self.clock)
        self.membership = Membership(state, self.clock)
        self.ballots = Ballots(state, self.clock, self.membership)
        self.beat("a", "b", "c")

    def beat(self, *regions: str) -> None:
        """Some are heard."""
        for region in regions:
            self.membership.beat(Report(region, MINUTE))

    def approve(self, region: str, incarnation: int = 1) -> Standing:
        """One approves."""
        return self.ballots.vote("1", Vote(region, incarnation, approves=True, reason="sees it too"))[1]


@pytest.fixture
def world() -> World:
    """A world of its own."""
    return World()


def test_those_who_are_there_when_it_opens_are_asked(world: World) -> None:
    """Who is gone is not, and who comes later has no vote."""
    world.clock.advance(10 * MINUTE)
    world.beat("a", "b")

    ballot = world.ballots.open("1", MOVE, proposer="a", lasts=5 * MINUTE)
    world.beat("c")

    assert ballot.electorate == {"a": 2, "b": 2}
    assert world.approve("c", 2) is Standing.NOT_AN_ELECTOR


def test_a_member_that_died_and_came_back_has_no_vote(world: World) -> None:
    """It may not know what its former life promised."""
    world.ballots.open("1", MOVE, proposer="a", lasts=20 * MINUTE)
    world.clock.advance(10 * MINUTE)
    world.beat("b")
    back = world.membership.get("b")
    assert back is not None

    assert world.approve("b", back.incarnation) is Standing.OTHER_INCARNATION


def test_opening_again_finds_the_ballot_as_it_stands(world: World) -> None:
    """A repeated request neither asks others nor forgets votes; another question under the same id is refused."""
    opened = world.ballots.open("1", MOVE, proposer="a", lasts=MINUTE)
    world.approve("a")
    world.beat("d")

    again = world.ballots.open("1", MOVE, proposer="a", lasts=5 * MINUTE)

    assert (again.electorate, again.deadline, list(again.votes)) == (opened.electorate, opened.deadline, ["a"])
    with pytest.raises(Conflict, match="something else"):
        world.ballots.open("1", EmergencyStop(1.0), proposer="a", lasts=MINUTE)


def test_voting_again_is_harmless(world: World) -> None:
    """The same vote counts as cast, another one does not."""
    world.ballots.open("1", MOVE, proposer="a", lasts=MINUTE)

    assert [world.approve("a"), world.approve("a")] == [Standing.COUNTED] * 2
    changed = Vote("a", 1, approves=False, reason="no")
    assert world.ballots.vote("1", changed)[1] is Standing.ALREADY_VOTED


def test_looking_decides_what_is_due_and_then_it_stands(world: World) -> None:
    """Also where a clock is set back."""
    world.ballots.open("1", MOVE, proposer="a", lasts=MINUTE)
    world.clock.advance(MINUTE)
    assert world.ballots.get("1").outcome is Outcome.EXPIRED

    world.clock.advance(-MINUTE)

    assert [world.approve(name) for name in "abc"] == [Standing.TOO_LATE] * 3
    assert world.ballots.get("1").outcome is Outcome.EXPIRED


def test_only_what_is_decided_can_be_closed(world: World) -> None:
    """Closing again keeps the first moment."""
    world.ballots.open("1", MOVE, proposer="a", lasts=5 * MINUTE)
    with pytest.raises(Conflict, match="still open"):
        world.ballots.close("1")
    world.approve("a")
    world.approve("b")

    closed = world.ballots.close("1")
    world.clock.advance(MINUTE)

    assert closed.closed_at is not None
    assert world.ballots.close("1") == closed


def test_nobody_can_be_asked_where_nobody_is(world: World) -> None:
    """And what does not exist is not found."""
    world.clock.advance(timedelta(days=1))

    with pytest.raises(Conflict, match="nobody to vote"):
        world.ballots.open("1", MOVE, proposer="a", lasts=MINUTE)
    with pytest.raises(NotFound):
        world.ballots.get("1")


def test_the_latest_come_first(world: World) -> None:
    """A ballot whose time is up reads as expired, without anybody having looked at it."""
    world.ballots.open("z", MOVE, proposer="a", lasts=MINUTE)
    world.clock.advance(MINUTE)
    world.ballots.open("a", MOVE, proposer="a", lasts=MINUTE)

    assert [(ballot.id, ballot.outcome) for ballot in world.ballots.all()] == [("a", None), ("z", Outcome.EXPIRED)]
