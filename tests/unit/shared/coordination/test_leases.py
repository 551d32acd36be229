"""Leases exclude each other while clocks are nearly right, and fence whatever clocks say."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.coordination.lease import MAX_CLOCK_SKEW_S, NOBODY, fenced, released, taken
from shared.coordination.leases import LeaseHeld, LeaseLost, Leases
from shared.errors import DependencyUnavailable
from shared.ports.state import ABSENT, PreconditionFailed, Put, Write
from tests.builders.interference import InterferedState
from tests.fakes.clock import FrozenClock
from tests.fakes.state import InMemoryState

TTL = timedelta(seconds=60)


@pytest.fixture
def clock() -> FrozenClock:
    """Time is the test's."""
    return FrozenClock()


@pytest.fixture
def state(clock: FrozenClock) -> InMemoryState:
    """An empty store."""
    return InMemoryState(clock=clock)


@pytest.fixture
def leases(state: InMemoryState, clock: FrozenClock) -> Leases:
    """Leases of one member."""
    return Leases(state, clock)


@given(skew_s=st.floats(-MAX_CLOCK_SKEW_S, MAX_CLOCK_SKEW_S), ttl_s=st.floats(1, 1e4), after_s=st.floats(0, 2e4))
def test_no_two_believe_that_they_hold_it_while_clocks_differ_by_less_than_the_bound(
    skew_s: float, ttl_s: float, after_s: float
) -> None:
    """When another may take it by its clock, the holder knows by its own that it has lapsed."""
    held = taken(NOBODY, "one", 0.0, ttl_s)

    if held.is_free(after_s + skew_s):
        assert not held.lasts(after_s)


def test_tokens_only_grow() -> None:
    """Through taking, releasing and fencing."""
    first = taken(NOBODY, "one", 0.0, 60)
    second = taken(released(first), "two", 1.0, 60)

    assert (first.fencing_token, second.fencing_token, fenced(second).fencing_token) == (1, 2, 3)


def test_another_waits_until_it_has_lapsed_by_more_than_the_skew(leases: Leases, clock: FrozenClock) -> None:
    """Then it gets a higher token."""
    first = leases.acquire("l", "one", TTL)
    clock.advance(TTL + timedelta(seconds=MAX_CLOCK_SKEW_S - 1))
    with pytest.raises(LeaseHeld, match="'one' under token 1"):
        leases.acquire("l", "two", TTL)

    clock.advance(timedelta(seconds=1))
    second = leases.acquire("l", "two", TTL)

    assert second.lease.fencing_token == first.lease.fencing_token + 1


def test_a_holder_that_asks_again_displaces_its_former_self(leases: Leases) -> None:
    """It crashed and came back: what it had begun must not be written."""
    before = leases.acquire("l", "one", TTL)
    leases.acquire("l", "one", TTL)

    with pytest.raises(LeaseLost):
        leases.commit(before, [Put("a/b", {})])


def test_nothing_is_written_under_a_lease_that_was_taken_over(
    leases: Leases, state: InMemoryState, clock: FrozenClock
) -> None:
    """No clock is asked: the writer may believe what it likes."""
    old = leases.acquire("l", "one", TTL)
    clock.advance(timedelta(hours=1))
    new = leases.acquire("l", "two", TTL)
    clock.advance(timedelta(hours=-1))

    with pytest.raises(LeaseLost):
        leases.commit(old, [Put("a/b", {"by": "one"})])
    leases.commit(new, [Put("a/b", {"by": "two"})])

    written = state.get("a/b")
    assert written is not None
    assert written.data == {"by": "two"}


def test_a_lapsed_lease_that_nobody_took_can_be_renewed_and_written_under(leases: Leases, clock: FrozenClock) -> None:
    """The token still stands, so nobody can have done anything."""
    held = leases.acquire("l", "one", TTL)
    clock.advance(timedelta(hours=1))

    held = leases.renew(held, TTL)
    held = leases.commit(held, [Put("a/b", {})])

    assert held.lease.lasts(clock.now().timestamp())


def test_a_released_lease_is_free_at_once_and_cannot_be_written_under(leases: Leases) -> None:
    """Releasing it twice, or after it was taken over, does nothing."""
    held = leases.acquire("l", "one", TTL)
    leases.release(held)
    leases.release(held)

    with pytest.raises(LeaseLost):
        leases.held("l", held.lease.fencing_token)
    assert leases.acquire("l", "two", TTL).lease.fencing_token == 2


def test_a_write_that_loses_is_not_a_lost_lease(leases: Leases) -> None:
    """Who holds the lease may look again."""
    held = leases.acquire("l", "one", TTL)
    leases.commit(held, [])
    held = leases.held("l", 1)
    leases.commit(held, [Put("a/b", {})])

    with pytest.raises(PreconditionFailed):
        leases.commit(leases.held("l", 1), [Put("a/b", {}, if_version=ABSENT)])


def test_a_write_whose_answer_was_lost_and_that_is_sent_again_is_recognised(
    state: InMemoryState, clock: FrozenClock
) -> None:
    """The client library repeats a commit; the second is refused, though the first was ours."""

    class Twice(InterferedState):
        def commit(self, writes: Sequence[Write]) -> Sequence[str]:
            self.inner.commit(writes)
            return self.inner.commit(writes)

    held = Leases(state, clock).acquire("l", "one", TTL)
    again = Leases(Twice(state, lambda _: None), clock)

    held = again.commit(held, [Put("a/b", {"x": 1})])

    assert again.held("l", 1).version == held.version


def test_an_answer_that_is_lost_while_acquiring_leaves_a_lease_that_its_holder_gets(
    state: InMemoryState, clock: FrozenClock
) -> None:
    """Asking again gives the next token; nobody else got in between."""

    def lose(when: str) -> None:
        if when == "after":
            raise DependencyUnavailable("lost")

    with pytest.raises(DependencyUnavailable):
        Leases(InterferedState(state, lambda when: None if when == "before" else lose(when)), clock).acquire(
            "l", "one", TTL
        )

    assert Leases(state, clock).acquire("l", "one", TTL).lease.holder == "one"
