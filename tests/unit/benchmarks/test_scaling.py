"""How much longer a query may take on more vectors."""

import pytest

from benchmarks.scaling import growth_goal


@pytest.mark.parametrize(
    ("size", "goal"),
    [(10_000, 1.0), (40_000, 2.3), (100_000, 4.0), (1_000_000, 16.0)],
    ids=["itself", "less than ten times", "ten times", "a hundred times"],
)
def test_the_p50_may_grow_fourfold_for_each_tenfold(size: int, goal: float) -> None:
    """x1, x4, x16 for 10k, 100k, 1 M, and evenly in between."""
    assert growth_goal(size, 10_000) == pytest.approx(goal, abs=0.01)
