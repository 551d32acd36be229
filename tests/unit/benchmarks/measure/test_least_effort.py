"""Finding the least effort that reaches a recall."""

import pytest

from benchmarks.measure.least_effort import least_effort

EFFORTS = (10, 20, 40, 80, 160)


@pytest.mark.parametrize(("floor", "expected"), [(0.5, 10), (0.9, 40), (0.97, 160)], ids=["first", "middle", "last"])
def test_the_least_effort_with_the_recall_is_taken(floor: float, expected: int) -> None:
    """Any less would miss the floor, any more would cost time for nothing."""
    recalls: dict[float, float] = {10: 0.6, 20: 0.8, 40: 0.9, 80: 0.95, 160: 0.98}

    effort, tried = least_effort(EFFORTS, recalls.__getitem__, floor)

    assert effort == expected
    assert tried[effort] == recalls[expected]


def test_where_none_reaches_it_the_greatest_is_taken() -> None:
    """And what it reached is told."""
    effort, tried = least_effort(EFFORTS, lambda _: 0.4, 0.985)

    assert effort == 160
    assert tried[160] == 0.4


def test_no_effort_is_measured_twice() -> None:
    """A measurement can mean restarting a server."""
    asked: list[float] = []

    def recall_at(effort: float) -> float:
        asked.append(effort)
        return effort / 100

    least_effort(EFFORTS, recall_at, 0.5)

    assert len(asked) == len(set(asked)) <= 3
