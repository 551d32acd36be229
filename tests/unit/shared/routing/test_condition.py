"""A region's status follows its score slowly, and its absence at once."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.routing.condition import (
    DEGRADED_KEEPS,
    RAMP_FROM,
    Cause,
    Condition,
    Status,
    kept_share,
    next_condition,
)
from tests.unit.shared.routing.readings import START

MINUTE = timedelta(minutes=1)


def after(scores: list[int | None], start: Condition | None = None, every: timedelta = MINUTE) -> Condition:
    """The condition after one look a minute."""
    condition = start or Condition(Status.SERVING, START)
    for look, score in enumerate(scores):
        condition = next_condition(condition, score=score, alive=True, now=START + look * every)
    return condition


def at(minutes: float) -> datetime:
    """A moment of the test."""
    return START + minutes * MINUTE


@pytest.mark.parametrize(
    ("scores", "status", "cause"),
    [
        ([69, 69], Status.SERVING, Cause.STARTED),
        ([69, 69, 69], Status.DEGRADED, Cause.SCORE_BELOW_70),
        ([70, 70, 70, 70], Status.SERVING, Cause.STARTED),
        ([69, 70, 69, 69], Status.SERVING, Cause.STARTED),
        ([69, None, 69, 69], Status.SERVING, Cause.STARTED),
        ([29, 29], Status.SERVING, Cause.STARTED),
        ([29, 29, 29], Status.FAILED_OVER, Cause.SCORE_BELOW_30),
        ([69, 29, 29, 29], Status.FAILED_OVER, Cause.SCORE_BELOW_30),
        ([60, 60, 60, 74, 74, 74], Status.DEGRADED, Cause.SCORE_BELOW_70),
        ([60, 60, 60, 75, 75], Status.DEGRADED, Cause.SCORE_BELOW_70),
        ([60, 60, 60, 75, 75, 75], Status.SERVING, Cause.SCORE_SOUND),
        ([60, 60, 60, 29, 29, 29], Status.FAILED_OVER, Cause.SCORE_BELOW_30),
        ([20] * 3 + [75] * 10, Status.FAILED_OVER, Cause.SCORE_BELOW_30),
        ([20] * 3 + [75] * 11, Status.RECOVERING, Cause.SCORE_SOUND),
        ([20] * 3 + [75] * 5 + [74] + [75] * 10, Status.FAILED_OVER, Cause.SCORE_BELOW_30),
        ([20] * 3 + [100] * 31, Status.SERVING, Cause.RAMP_DONE),
        ([20] * 3 + [100] * 15 + [69] * 3, Status.FAILED_OVER, Cause.RELAPSED),
        ([20] * 3 + [None] * 60, Status.FAILED_OVER, Cause.SCORE_BELOW_30),
    ],
)
def test_scores_change_the_status(scores: list[int | None], status: Status, cause: Cause) -> None:
    """Two minutes down, two minutes up from degraded, ten minutes and a ramp up from failed over."""
    condition = after(scores)

    assert (condition.status, condition.cause) == (status, cause)


@pytest.mark.parametrize("status", Status)
def test_without_a_sign_of_life_it_fails_over_at_once(status: Status) -> None:
    """From every status, and its recovery starts anew when it is back."""
    condition = next_condition(Condition(status, START, sound_since=START), score=100, alive=False, now=at(1))

    assert condition.status is Status.FAILED_OVER
    assert condition.sound_since is None
    assert next_condition(condition, score=100, alive=True, now=at(2)).status is Status.FAILED_OVER


@pytest.mark.parametrize(
    ("condition", "minutes", "share"),
    [
        (Condition(Status.SERVING, START), 0, 1.0),
        (Condition(Status.DEGRADED, START), 0, DEGRADED_KEEPS),
        (Condition(Status.FAILED_OVER, START), 99, 0.0),
        (Condition(Status.RECOVERING, START), -1, RAMP_FROM),
        (Condition(Status.RECOVERING, START), 0, 0.25),
        (Condition(Status.RECOVERING, START), 10, 0.625),
        (Condition(Status.RECOVERING, START), 20, 1.0),
        (Condition(Status.RECOVERING, START), 99, 1.0),
    ],
    ids=repr,
)
def test_what_a_region_keeps(condition: Condition, minutes: float, share: float) -> None:
    """All, three quarters, nothing, or a quarter that grows to all in 20 minutes; a clock set back does not harm."""
    assert kept_share(condition, at(minutes)) == pytest.approx(share)


@given(st.integers(0, 100) | st.none(), st.sampled_from(Status), st.booleans())
def test_constant_scores_do_not_flap(score: int | None, start: Status, alive: bool) -> None:  # noqa: FBT001
    """Under one score for ever the status only moves one way: each is entered at most once, and then it rests."""
    condition, seen = Condition(start, START), [start]
    for look in range(120):
        condition = next_condition(condition, score=score, alive=alive, now=at(look))
        if condition.status is not seen[-1]:
            seen.append(condition.status)

    assert len(seen) == len(set(seen))
    assert condition == next_condition(condition, score=score, alive=alive, now=at(120))


@given(st.lists(st.integers(60, 80), max_size=200))
def test_scores_about_the_lines_change_the_status_seldom(scores: list[int]) -> None:
    """Whatever the noise, two changes of status are at least two minutes apart."""
    condition, changes = Condition(Status.SERVING, START), [at(-99)]
    for look, score in enumerate(scores):
        now = START + look * timedelta(seconds=10)
        new = next_condition(condition, score=score, alive=True, now=now)
        if new.status is not condition.status:
            changes.append(now)
        condition = new

    assert all(later - earlier >= timedelta(minutes=2) for earlier, later in pairwise(changes))
