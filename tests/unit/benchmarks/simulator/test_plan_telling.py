"""Which plans are told."""

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.simulator.plan_telling import PlanTelling
from functions.burst_prediction.plan import PlanPolicy
from shared.domain.scaling_plan import PlanReason, PlanStep, ScalingPlan

BEGINS = datetime(2026, 7, 19, 18, 0, tzinfo=UTC)
RISE = [(0, 20), (60, 100), (120, 40)]


def plan(revision: int, steps: list[tuple[int, int]] = RISE, regions: tuple[str, ...] = ("a", "b")) -> ScalingPlan:
    """The same steps in each region: from a minute on so many instances."""
    made = tuple(PlanStep(BEGINS + timedelta(minutes=at), most, PlanReason.EVENT) for at, most in steps)
    return ScalingPlan(revision, BEGINS, BEGINS + timedelta(days=1), dict.fromkeys(regions, made))


@pytest.fixture
def telling() -> PlanTelling:
    """Of a rehearsal without load."""
    return PlanTelling(BEGINS, PlanPolicy(requests_per_min=100.0, quantile=0.9))


def test_the_first_plan_is_told(telling: PlanTelling) -> None:
    """What it holds now, the most and when, where, and at which quantile: that of quiet times where no crowd is."""
    text = telling.look(plan(3), {}, BEGINS)

    assert text is not None
    assert text.startswith("plan 3 holds 40 instances now and up to 200 at minute 60, b 100, a 100. b: for an event")
    assert "at P90" in text


@pytest.mark.parametrize(
    ("after_min", "steps", "is_told"),
    [
        (5, RISE, False),
        (130, RISE, False),
        (5, [(0, 20), (60, 124), (120, 40)], False),
        (5, [(0, 20), (60, 126), (120, 40)], True),
        (5, [(0, 20), (60, 79), (120, 40)], True),
        (130, [(0, 20), (60, 100), (120, 40), (200, 60)], True),
    ],
    ids=["same", "same, past its peak", "a little more", "a quarter more", "a fifth less", "a new peak after it"],
)
def test_another_one_is_told_where_it_matters(
    after_min: int, steps: list[tuple[int, int]], *, is_told: bool, telling: PlanTelling
) -> None:
    """Against what the one told last holds for the same time: that its peak is over is no change."""
    telling.look(plan(1), {}, BEGINS)

    text = telling.look(plan(2, steps), {}, BEGINS + timedelta(minutes=after_min))

    assert is_told == (text is not None)
    assert text is None or "plan 1 held up to" in text


def test_few_instances_are_no_news(telling: PlanTelling) -> None:
    """Twice two is four."""
    telling.look(plan(1, [(0, 1)]), {}, BEGINS)

    assert telling.look(plan(2, [(0, 2)]), {}, BEGINS) is None


def test_a_plan_of_nothing_says_so(telling: PlanTelling) -> None:
    """No region has a step."""
    assert "plan 1 holds no instances" == telling.look(plan(1, []), {}, BEGINS)
