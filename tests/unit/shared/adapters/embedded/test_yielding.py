"""Subscriptions that give way to another one."""

import pytest

from shared.adapters.embedded.yielding import AT_MOST_S, QUIET_S, Yielding
from tests.fakes.monotonic import ManualSeconds

_TO = {"tidying": "writes"}


def _nothing(_: str) -> bool:
    return False


def _everything(_: str) -> bool:
    return True


def test_nobody_waits_where_nothing_is_busy_or_nothing_goes_first() -> None:
    """Only a subscription that is named gives way, and only to one that has deliveries out."""
    yielding = Yielding(_TO, monotonic_s=ManualSeconds())

    assert yielding.wait_s("tidying", _nothing) == 0
    assert yielding.wait_s("writes", _everything) == 0


def test_it_waits_until_the_other_was_quiet_for_a_while() -> None:
    """A moment between two deliveries is no rest."""
    clock = ManualSeconds()
    yielding = Yielding(_TO, monotonic_s=clock)

    busy = yielding.wait_s("tidying", lambda name: name == "writes")
    clock.advance(QUIET_S / 2)
    between = yielding.wait_s("tidying", _nothing)
    clock.advance(QUIET_S)
    after = yielding.wait_s("tidying", _nothing)

    assert (busy, between, after) == pytest.approx((QUIET_S, QUIET_S / 2, 0))


def test_writes_that_never_end_leave_it_a_turn_now_and_then() -> None:
    """One turn every `AT_MOST_S`, not none and not all."""
    clock = ManualSeconds()
    yielding = Yielding(_TO, monotonic_s=clock)
    turns = []
    for step in range(400):
        if yielding.wait_s("tidying", _everything) == 0:
            turns.append(step)
        clock.advance(AT_MOST_S / 100)

    assert 3 <= len(turns) <= 4
    assert turns[0] >= 99
