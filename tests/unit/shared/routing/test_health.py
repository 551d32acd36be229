"""The score counts what is measured, once each."""

import pytest

from shared.routing.health import Ailment, HealthScore, health_score
from shared.routing.load import RegionLoad
from tests.unit.shared.routing.readings import load


@pytest.mark.parametrize(
    ("reading", "points"),
    [
        (load(), 100),
        (load(healthy=8), 100),
        (load(healthy=7), 75),
        (load(healthy=5), 75),
        (load(healthy=4), 50),
        (load(p99_ms=50), 100),
        (load(p99_ms=50.1), 85),
        (load(p99_ms=100.1), 70),
        (load(error_rate=0.005), 100),
        (load(error_rate=0.0051), 90),
        (load(error_rate=0.0101), 80),
        (load(healthy=4, p99_ms=101, error_rate=0.02), 0),
        (load(healthy=0, total=0, p99_ms=None, error_rate=None), 100),
        (load(healthy=0, p99_ms=None, error_rate=None), 50),
    ],
    ids=repr,
)
def test_the_score(reading: RegionLoad, points: int) -> None:
    """As the table of points says; on the line is not over it."""
    assert health_score(reading).points == points


def test_the_score_says_what_is_wrong() -> None:
    """Every deduction has its word."""
    assert health_score(load(healthy=7, p99_ms=60, error_rate=0.5)) == HealthScore(
        40, (Ailment.INSTANCES_BELOW_FOUR_FIFTHS, Ailment.P99_ABOVE_50_MS, Ailment.ERRORS_ABOVE_1_PERCENT)
    )


def test_a_region_scaled_to_zero_is_not_down() -> None:
    """It is cold: a request wakes it. One whose every instance fails is down, whatever its score."""
    assert not load(healthy=0, total=0).is_down
    assert load(healthy=0, total=3).is_down


def test_a_region_without_capacity_is_full() -> None:
    """So that nothing is sent there, and nothing divides by zero."""
    assert load(capacity=0.0).utilisation == 1.0
    assert load(allowed=0).instances_share == 1.0
