"""A region that failed over has instances before its clients return, and none while it is gone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.scaling.returning import AHEAD, KEPT_FOR, Standing, standing_data, standing_from
from shared.coordination.member import Capacity, Load, Member
from shared.routing.condition import RECOVER_AFTER, Cause, Condition, Status

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MEMBER = Member("us-east1", 1, NOON, NOON, 1, MINUTE)
ILL = Load(streams=10.0, p99_ms=200.0, error_rate=0.05, instances_healthy=4, instances_total=10)


def seen(standing: Standing, member: Member, minutes: range, *, silent: bool = False, demand: int = 0) -> Standing:
    """After a look each minute; heard at that moment, unless it is silent."""
    for minute in minutes:
        now = NOON + minute * MINUTE
        heard = member if silent else replace(member, heard_at=now)
        standing = standing.after(heard, now).asked(demand, now)
    return standing


def lost(needed: int = 40) -> Standing:
    """Of a region that needed so many, and has been silent for twenty minutes."""
    served = seen(Standing.first(needed, NOON), MEMBER, range(1), demand=needed)
    return seen(served, MEMBER, range(1, 5), silent=True, demand=needed)


def test_a_region_that_serves_has_no_floor_of_ours() -> None:
    """Its load says what it needs."""
    assert seen(Standing.first(40, NOON), MEMBER, range(30), demand=40).floor(NOON + 30 * MINUTE) == 0


def test_nothing_is_held_for_a_region_that_is_gone() -> None:
    """From the moment that it is given up, for as long as it is away."""
    gone = seen(lost(), MEMBER, range(5, 90), silent=True)

    assert gone.condition.status is Status.FAILED_OVER
    assert gone.floor(NOON + 90 * MINUTE) == 0
    assert gone.needed == 40


def test_a_region_that_is_back_has_the_first_quarter_before_it_is_sent_it() -> None:
    """From its first sign of life on, though nobody asks it."""
    back = seen(seen(lost(), MEMBER, range(5, 20), silent=True), MEMBER, range(20, 21))

    assert back.condition.status is Status.FAILED_OVER
    assert back.floor(NOON + 20 * MINUTE) == 10


def test_what_returns_is_there_five_minutes_before() -> None:
    """The ramp of routing, seen ahead: 25 % and 3.75 % more each minute; after it, its load says all."""
    away = seen(lost(), MEMBER, range(5, 20), silent=True)
    floors = {}
    for minutes in (30, 35, 45, 49, 50, 60):
        standing = seen(away, MEMBER, range(20, minutes + 1), demand=1)
        floors[minutes] = standing.floor(NOON + minutes * MINUTE)

    assert floors == {30: 18, 35: 25, 45: 40, 49: 40, 50: 0, 60: 0}


def test_a_region_that_drains_is_prepared_when_it_is_to_serve_again() -> None:
    """It lives all the time, and is sent nothing."""
    draining = seen(Standing.first(40, NOON), replace(MEMBER, is_draining=True), range(60))
    serving = seen(draining, MEMBER, range(60, 61))

    assert (draining.floor(NOON + 59 * MINUTE), serving.floor(NOON + 60 * MINUTE)) == (0, 10)


def test_an_ill_region_is_not_prepared_until_it_is_sound() -> None:
    """Routing sends it nothing below 75, however long it lives."""
    capacity = Capacity(instances_max=20, streams=100.0)
    ill = replace(MEMBER, capacity=capacity, load=ILL)
    failed = seen(Standing.first(40, NOON), ill, range(30), demand=40)

    assert failed.condition.cause is Cause.SCORE_BELOW_30
    assert failed.floor(NOON + 29 * MINUTE) == 0
    assert seen(failed, MEMBER, range(30, 31)).floor(NOON + 30 * MINUTE) == 10


def test_after_a_day_what_was_asked_is_forgotten() -> None:
    """What clients asked then is no word on now."""
    back = seen(lost(), MEMBER, range(20, 21))

    assert back.floor(back.needed_at + KEPT_FOR) == 10
    assert back.floor(back.needed_at + KEPT_FOR + MINUTE) == 0


def test_who_never_was_a_member_serves() -> None:
    """A deployment without heartbeats is scaled as before."""
    standing = Standing.first(40, NOON).after(None, NOON + timedelta(days=1))

    assert standing == Standing.first(40, NOON)


def test_a_look_twice_is_a_look_once() -> None:
    """A tick that is delivered again, and one that read a membership of before, change nothing."""
    back = seen(lost(), MEMBER, range(20, 21))
    now = NOON + 20 * MINUTE
    fresh = replace(MEMBER, heard_at=now)

    assert back.after(fresh, now).asked(0, now) == back
    assert back.after(replace(fresh, heard_at=now - MINUTE), now).asked(0, now) == back


@pytest.mark.parametrize("standing", [Standing.first(3, NOON), lost(), seen(lost(), MEMBER, range(20, 32))])
def test_it_is_kept_whole(standing: Standing) -> None:
    """As a state document says it, so it is."""
    assert standing_from(standing_data(standing)) == standing


@given(st.integers(0, 1000), st.lists(st.booleans(), max_size=60), st.integers(0, 120))
@settings(max_examples=60, deadline=None)
def test_it_never_has_more_than_its_clients_needed(needed: int, heard: list[bool], later: int) -> None:
    """Whenever it is heard and whenever not; and a quarter at least once it is sound but not yet asked."""
    standing, last = Standing.first(needed, NOON), NOON
    for minute, is_heard in enumerate(heard):
        now = NOON + minute * MINUTE
        last = now if is_heard else last
        standing = standing.after(replace(MEMBER, heard_at=last), now)
    now = NOON + (len(heard) + later) * MINUTE

    assert 0 <= standing.floor(now) <= needed
    if standing.condition.status is Status.FAILED_OVER and standing.condition.sound_since is not None:
        assert standing.floor(now) >= needed / 4


def test_ahead_is_enough_to_start_and_less_than_it_takes_to_be_sent_any() -> None:
    """So the first quarter is held for as long as routing waits, and not longer."""
    recovering = Condition(Status.RECOVERING, NOON, sound_since=NOON - RECOVER_AFTER)

    assert timedelta(minutes=1) < AHEAD < RECOVER_AFTER
    assert Standing(recovering, 100, NOON).floor(NOON) == 44
