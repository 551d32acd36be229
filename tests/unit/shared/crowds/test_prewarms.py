"""Floors of prewarms: held, given back by steps, given back where the plan asks for less, never below what it asks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.crowds.prewarms import Prewarm, Prewarms, prewarm_of_step
from shared.domain.scaling_plan import PlanReason, PlanStep, ScalingPlan
from shared.errors import Conflict
from tests.fakes.state import InMemoryState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
END = NOON + timedelta(hours=3)
REGION = "us-east1"
NAME = prewarm_of_step(NOON)


def minutes(count: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=count)


def plan(*steps: tuple[int, int], revision: int = 2, region: str = REGION) -> ScalingPlan:
    """A plan of (minutes after noon, instances) for a day."""
    made = tuple(PlanStep(minutes(at), instances, PlanReason.EVENT) for at, instances in steps)
    return ScalingPlan(revision, NOON, NOON + timedelta(days=1), {region: made})


def prewarm(name: str = NAME) -> Prewarm:
    """Ten instances until three in the afternoon."""
    return Prewarm(name, 1, END, {REGION: 10})


def floors(held: Prewarm, *moments: float) -> list[int]:
    """The floor at each of so many minutes after noon."""
    return [held.floor(REGION, minutes(moment)) for moment in moments]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([(0, 10), (180, 0)], [10, 10, 10, 10], id="as it was"),
        pytest.param([(0, 1)], [10, 5, 1, 1], id="the event is cancelled"),
        pytest.param([(0, 6), (180, 0)], [10, 6, 6, 6], id="it is smaller"),
        pytest.param([(0, 10), (60, 0)], [10, 10, 10, 10], id="it ends earlier, and is not over"),
        pytest.param([(0, 0), (240, 10)], [10, 5, 0, 0], id="it is put off until after the end"),
        pytest.param([(0, 0), (120, 10)], [10, 10, 10, 10], id="it is put off, not for long"),
        pytest.param([(0, 0), (60, 4), (100, 0)], [10, 5, 4, 4], id="another event wants less"),
    ],
)
def test_the_floor_follows_the_plan_down_over_half_an_hour(steps: list[tuple[int, int]], expected: list[int]) -> None:
    """Never below the most that any event needs until the end of the prewarm, and never at once."""
    after = prewarm().following(plan(*steps), NOON)

    assert floors(after, 0, 15, 30, 90) == expected


def test_an_event_that_ends_earlier_lets_go_then() -> None:
    """From the minute on in which the rest of the plan asks for less."""
    earlier = plan((0, 10), (60, 0))

    after = prewarm().following(earlier, minutes(60))

    assert floors(after, 60, 75, 90) == [10, 5, 0]


def test_followed_again_the_fall_goes_on_and_a_plan_that_asks_again_holds_again() -> None:
    """Each minute looks at the plan: the fall began once. What is planned again is held in full."""
    cancelled = plan((0, 1))
    first = prewarm().following(cancelled, NOON)

    again = first.following(cancelled, minutes(10)).following(plan((0, 3), revision=3), minutes(15))
    back = again.following(plan((0, 10), revision=4), minutes(20))

    assert floors(again, 15, 30) == [5, 3]
    assert floors(back, 20, 60) == [10, 10]


@pytest.mark.parametrize(
    ("held", "followed"),
    [
        pytest.param(prewarm("world-cup"), plan((0, 0)), id="people raised it"),
        pytest.param(prewarm(), plan((0, 0), region="us-west1"), id="the plan does not know the region"),
    ],
)
def test_what_the_plan_did_not_ask_for_it_does_not_take_back(held: Prewarm, followed: ScalingPlan) -> None:
    """Floors of other plans, and those of a region that was not planned this time."""
    assert held.following(followed, NOON) == held


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whatever_order_plans_and_repeated_requests_come_in(order: tuple[int, ...]) -> None:
    """The newest plan counts; the workflow's own request, sent again, does not take back what was given back."""
    state = InMemoryState()
    prewarms = Prewarms(state)
    raised = prewarms.raise_floor(NAME, REGION, 10, revision=1, ends_at=END)
    newest = plan((0, 1), revision=3)
    happens = [
        lambda: prewarms.follow(prewarms.find(NAME) or raised, plan((0, 7), revision=2), NOON),
        lambda: prewarms.follow(prewarms.find(NAME) or raised, newest, NOON),
        lambda: prewarms.raise_floor(NAME, REGION, 10, revision=1, ends_at=END),
    ]

    for number in order * 2:
        happens[number]()
    kept = prewarms.find(NAME)

    assert kept is not None
    assert floors(kept, 0, 15, 30) == [10, 5, 1]
    assert prewarms.follow(kept, newest, minutes(1)) == kept


def test_a_workflow_that_was_overtaken_is_told_so_and_its_steps_down_go_on_beside_the_plan() -> None:
    """The lower of both stands; a later revision of the same prewarm begins anew."""
    state = InMemoryState()
    prewarms = Prewarms(state)
    prewarms.follow(prewarms.raise_floor(NAME, REGION, 10, revision=1, ends_at=END), plan((0, 6)), NOON)

    lowered = prewarms.step_down(NAME, revision=1, step=5, of=6)
    later = prewarms.raise_floor(NAME, REGION, 8, revision=3, ends_at=END)

    assert lowered is not None
    assert floors(lowered, 30) == [2]
    assert floors(later.following(plan((0, 8), revision=3), minutes(30)), 30) == [8]
    with pytest.raises(Conflict, match="revision 3"):
        prewarms.step_down(NAME, revision=1, step=6, of=6)


_PLANS = st.lists(st.lists(st.integers(0, 15), min_size=1, max_size=6), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@example(plans=[[6]] * 4 + [[1]])
@given(plans=_PLANS)
def test_floors_never_fall_faster_than_in_half_an_hour_nor_below_what_is_asked(plans: list[list[int]]) -> None:
    """A plan every ten minutes, whatever it says: a third of ten goes at most, and none that it asks for."""
    held = prewarm()
    shown = [held.floor(REGION, NOON)]
    for number, counts in enumerate(plans):
        now = minutes(10 * number)
        followed = plan(*[(30 * step, count) for step, count in enumerate(counts)], revision=number + 2)
        held = held.following(followed, now)
        shown.append(held.floor(REGION, now))

        assert shown[-1] >= min(10, followed.most_until(REGION, now, END))
    assert all(after >= before - 4 for before, after in pairwise(shown))
