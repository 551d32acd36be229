"""The staircase ends where half of the trials hold."""

import random

import pytest

from benchmarks.measure.staircase import staircase


@pytest.mark.parametrize("limit", [0.3, 0.72, 0.97])
def test_it_finds_a_limit_that_is_sharp(limit: float) -> None:
    """Within a step of it."""
    found = staircase(lambda amount: amount <= limit, begin=0.8, step=0.04, most=1.0, trials=40)

    assert found == pytest.approx(limit, abs=0.04)


def test_it_finds_the_middle_of_a_limit_that_is_not() -> None:
    """Where chance decides, that is where half of them hold; one trial against the odds moves it little."""
    chance = random.Random(3)
    found = [
        staircase(lambda amount: amount <= 0.75 + chance.gauss(0, 0.05), begin=0.8, step=0.04, most=1.0, trials=12)
        for _ in range(200)
    ]

    assert sum(found) / len(found) == pytest.approx(0.75, abs=0.02)
    assert sum(abs(one - 0.75) <= 0.06 for one in found) >= 180


def test_it_never_passes_the_most() -> None:
    """What always holds is all there is."""
    assert staircase(lambda _: True, begin=0.8, step=0.04, most=1.0, trials=20) == pytest.approx(1.0)
