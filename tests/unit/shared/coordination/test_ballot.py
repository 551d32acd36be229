"""One vote for each member and incarnation, a majority of those asked, one outcome that never changes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.coordination.ballot import Ballot, Outcome, Standing, Vote
from shared.coordination.proposal import EmergencyStop, MoveHome, Proposal, SchemaChange
from tests.fakes.clock import FrozenClock

NOW = FrozenClock().now()
DEADLINE = NOW + timedelta(minutes=1)
MOVE = MoveHome("us-central1", "europe-west1")


def ballot(members: int = 3, proposal: Proposal = MOVE) -> Ballot:
    """Members r0, r1, … in incarnation 1."""
    return Ballot("b", proposal, "r0", NOW, DEADLINE, {f"r{n}": 1 for n in range(members)}, {})


def vote(number: int, *, approves: bool = True, incarnation: int = 1) -> Vote:
    """The vote of one member."""
    return Vote(f"r{number}", incarnation, approves, "because")


@pytest.mark.parametrize(("members", "quorum"), [(1, 1), (2, 2), (3, 2), (4, 3), (15, 8)])
def test_a_quorum_is_more_than_half_of_those_asked(members: int, quorum: int) -> None:
    """Silence counts as no."""
    assert ballot(members).quorum == quorum


def test_it_is_accepted_with_the_vote_that_makes_a_majority() -> None:
    """And no later vote counts."""
    one, _ = ballot().voted(vote(0), NOW)
    two, standing = one.voted(vote(1), NOW)
    three, late = two.voted(vote(2, approves=False), NOW)

    assert (one.outcome, two.outcome, standing) == (None, Outcome.ACCEPTED, Standing.COUNTED)
    assert (three, late) == (two, Standing.TOO_LATE)


def test_it_is_rejected_as_soon_as_no_majority_is_possible() -> None:
    """Nobody need wait for the deadline."""
    one, _ = ballot().voted(vote(0, approves=False), NOW)
    two, _ = one.voted(vote(1, approves=False), NOW)

    assert (one.outcome, two.outcome) == (None, Outcome.REJECTED)


@pytest.mark.parametrize(
    ("cast", "standing"),
    [
        (vote(7), Standing.NOT_AN_ELECTOR),
        (vote(1, incarnation=2), Standing.OTHER_INCARNATION),
        (vote(0, approves=False), Standing.ALREADY_VOTED),
    ],
    ids=["a stranger", "a member that came back", "a member that changes its mind"],
)
def test_what_does_not_count_changes_nothing(cast: Vote, standing: Standing) -> None:
    """The first vote of the incarnation that was asked stands."""
    before, _ = ballot().voted(vote(0), NOW)

    assert before.voted(cast, NOW) == (before, standing)


def test_a_vote_at_the_deadline_is_too_late() -> None:
    """It expires, with the votes it had."""
    after, standing = ballot(1).voted(vote(0), DEADLINE)

    assert (after.outcome, after.votes, standing) == (Outcome.EXPIRED, {}, Standing.TOO_LATE)


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 2), st.integers(0, 90)),
        max_size=20,
    )
)
def test_an_outcome_never_changes_and_is_what_the_votes_say(cast: list[tuple[int, bool, int, int]]) -> None:
    """In any order, repeated, late, from strangers, by clocks that go back."""
    current = ballot(5)
    for number, approves, incarnation, second in cast:
        at = NOW + timedelta(seconds=second)
        after, _ = current.voted(vote(number, approves=approves, incarnation=incarnation), at)
        if current.outcome is not None:
            assert after == current
        current = after

    assert (current.outcome is Outcome.ACCEPTED) == (current.approvals >= 3)
    if current.outcome is Outcome.REJECTED:
        assert current.refusals >= 3
    assert current.settled(DEADLINE).outcome is not None


@pytest.mark.parametrize("proposal", [MOVE, EmergencyStop(1.2), SchemaChange("head", 2)])
def test_it_is_stored_whole(proposal: Proposal) -> None:
    """What is read is what was written."""
    decided, _ = ballot(1, proposal).voted(vote(0), NOW)
    decided = replace(decided, closed_at=NOW)

    assert Ballot.from_data("b", decided.to_data()) == decided
