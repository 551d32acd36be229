"""When writes are refused for what waits, and when they are taken again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ports.backlog import Backlog
from shared.writes.back_pressure import BacklogBounds, excess_of

_BOUNDS = BacklogBounds(messages=1_000, size_bytes=5_000_000, oldest_s=60.0, aged_from_messages=10)


@pytest.mark.parametrize(
    ("at_bound", "above", "named"),
    [
        (Backlog(1_000, 0, 0.0), Backlog(1_001, 0, 0.0), "1,001 requests wait"),
        (Backlog(1, 5_000_000, 0.0), Backlog(1, 5_000_001, 0.0), "5,000,001 bytes wait"),
        (Backlog(10, 0, 60.0), Backlog(10, 0, 61.0), "for 61 s requests wait"),
    ],
    ids=["messages", "bytes", "age"],
)
def test_each_bound_has_two_sides(at_bound: Backlog, above: Backlog, named: str) -> None:
    """At it writes are taken, above it they are not, and the refusal says what was measured."""
    assert excess_of(at_bound, _BOUNDS, refusing=False) is None

    excess = excess_of(above, _BOUNDS, refusing=False)

    assert excess is not None
    assert excess.measured == named


def test_after_a_refusal_a_little_less_is_not_enough() -> None:
    """Writes are taken again at half of every bound: else they would be taken and refused by turns."""
    assert excess_of(Backlog(501, 0, 0.0), _BOUNDS, refusing=True) is not None
    assert excess_of(Backlog(500, 2_500_000, 30.0), _BOUNDS, refusing=True) is None
    assert excess_of(Backlog(501, 0, 0.0), _BOUNDS, refusing=False) is None


def test_a_write_that_cannot_be_committed_does_not_stop_the_others() -> None:
    """It grows old alone; age counts where many wait."""
    assert excess_of(Backlog(9, 0, 3_000.0), _BOUNDS, refusing=False) is None


@given(st.integers(0, 3_000), st.integers(0, 10_000_000), st.floats(0, 200))
@settings(max_examples=100)
def test_who_is_refused_afresh_stays_refused(messages: int, size_bytes: int, oldest_s: float) -> None:
    """Refusing never makes the bounds wider."""
    backlog = Backlog(messages, size_bytes, oldest_s)

    if excess_of(backlog, _BOUNDS, refusing=False) is not None:
        assert excess_of(backlog, _BOUNDS, refusing=True) is not None
