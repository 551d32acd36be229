"""A region is what it says of itself, and what its silence says of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.coordination.member import Capacity, Load, Member, Presence, Report, heard
from shared.coordination.membership import Membership
from shared.ports.state import Document
from tests.fakes.clock import FrozenClock
from tests.fakes.state import InMemoryState

NOW = FrozenClock().now()
MINUTE = timedelta(minutes=1)
REPORT = Report("me-west1", MINUTE, ("sync",), Capacity(80, 8000.0), Load(streams=6000.0, p99_ms=30.0))


@pytest.mark.parametrize(
    ("silence_s", "presence"),
    [(0, Presence.LIVE), (125, Presence.LIVE), (126, Presence.SUSPECT), (185, Presence.SUSPECT), (186, Presence.DOWN)],
)
def test_silence_tells(silence_s: float, presence: Presence) -> None:
    """Two missed beats make suspect, three make down, and 5 s are for clocks that differ."""
    member = heard(None, REPORT, NOW)

    assert member.presence(NOW + timedelta(seconds=silence_s)) is presence


@given(silence_s=st.floats(0, 1000), skew_s=st.floats(-5, 5))
def test_whoever_was_given_up_by_anyone_comes_back_as_another(silence_s: float, skew_s: float) -> None:
    """So that no vote and no promise of its former life counts, while clocks differ by no more than the bound."""
    before = heard(None, REPORT, NOW)
    back = NOW + timedelta(seconds=silence_s)

    given_up = before.presence(back + timedelta(seconds=skew_s)) is Presence.DOWN

    if given_up:
        assert heard(before, REPORT, back).incarnation == before.incarnation + 1


def test_an_unbroken_life_keeps_its_incarnation() -> None:
    """Beats count up; a clock that was set back does not make it look older."""
    first = heard(None, REPORT, NOW)
    second = heard(first, REPORT, NOW + MINUTE)
    third = heard(second, REPORT, NOW)

    assert [m.incarnation for m in (first, second, third)] == [1, 1, 1]
    assert (third.beats, third.heard_at) == (3, NOW + MINUTE)
    assert heard(third, REPORT, NOW, anew=True).incarnation == 2


def test_routing_reads_what_was_measured_and_nothing_else() -> None:
    """Where too little was measured there is no load, which is not the same as none."""
    reading = heard(None, REPORT, NOW).reading(NOW)
    silent = heard(None, Report("me-west1", MINUTE), NOW).reading(NOW)

    assert reading.load is not None
    assert (reading.load.utilisation, reading.load.p99_ms, reading.load.error_rate) == (0.75, 30.0, None)
    assert (silent.alive, silent.load) == (True, None)


def test_a_region_that_drains_or_is_down_gets_no_traffic() -> None:
    """It stays drained when it comes back."""
    clock = FrozenClock()
    membership = Membership(InMemoryState(clock=clock), clock)
    membership.beat(REPORT)
    assert membership.drain("me-west1", is_draining=True)
    clock.advance(10 * MINUTE)
    assert membership.live() == {}

    membership.beat(REPORT)
    drained = membership.get("me-west1")

    assert drained is not None
    assert (drained.incarnation, drained.reading(clock.now()).lives) == (2, False)
    assert membership.drain("me-west1", is_draining=False)
    assert [member.reading(clock.now()).lives for member in membership.all()] == [True]
    assert not membership.drain("nowhere", is_draining=True)


def test_it_is_stored_whole() -> None:
    """What is read is what was written."""
    member = heard(None, REPORT, NOW)

    assert Member.from_document(Document("regions/me-west1", member.to_document(), "1")) == member
