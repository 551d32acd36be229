"""Instances by tier of callers."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.scaling.tiers import UNKNOWN, TierCounts
from shared.domain.tier import Tier
from tests.unit.functions.scaling.fleets import MINUTE, NOON, calm


def counts(premium: float = 0, standard: float = 0, free: float = 0) -> TierCounts:
    """Requests up to noon."""
    return TierCounts({Tier.PREMIUM: premium, Tier.STANDARD: standard, Tier.FREE: free}, NOON)


@pytest.mark.parametrize(
    ("known", "instances", "expected"),
    [
        pytest.param(UNKNOWN, 7, {Tier.STANDARD: 7}, id="nothing is known"),
        pytest.param(counts(), 7, {Tier.STANDARD: 7}, id="nobody asked"),
        pytest.param(counts(10, 20, 70), 10, {Tier.PREMIUM: 1, Tier.STANDARD: 2, Tier.FREE: 7}, id="as they ask"),
        pytest.param(counts(1, 0, 99), 10, {Tier.PREMIUM: 1, Tier.STANDARD: 0, Tier.FREE: 9}, id="a part is a whole"),
        pytest.param(counts(1, 1, 98), 1, {Tier.PREMIUM: 1, Tier.STANDARD: 0, Tier.FREE: 0}, id="one for all"),
        pytest.param(counts(free=5), 0, {Tier.PREMIUM: 0, Tier.STANDARD: 0, Tier.FREE: 0}, id="none"),
    ],
)
def test_instances_fall_to_tiers_as_their_requests_do(
    known: TierCounts, instances: int, expected: dict[Tier, int]
) -> None:
    """A part of an instance falls to the higher tier: what premium needs is never rounded away."""
    assert known.shared(instances) == expected


@settings(max_examples=50, deadline=None)
@given(requests=st.tuples(*[st.floats(0, 1e6)] * 3), instances=st.integers(0, 1000))
def test_none_is_lost_and_premium_has_its_share(requests: tuple[float, float, float], instances: int) -> None:
    """By tier they add up, and no tier has fewer than none."""
    found = counts(*requests).shared(instances)

    assert sum(found.values()) == instances
    assert min(found.values()) >= 0
    assert found.get(Tier.PREMIUM, 0) >= instances * requests[0] / max(sum(requests), 1e-9) - 1e-6 * instances - 1e-6


def test_a_minute_counts_once_and_half_after_an_hour() -> None:
    """Each tick shows the last minutes again; minutes without known tiers change nothing."""
    first = calm(at=NOON, by_tier={Tier.FREE: 60})
    unknown = first._replace(at=NOON + MINUTE, by_tier=None)
    later = first._replace(at=NOON + timedelta(hours=1), by_tier={Tier.PREMIUM: 30})

    once = UNKNOWN.with_minutes([first])
    again = once.with_minutes([first, unknown])
    after = again.with_minutes([first, later])

    assert again == once
    assert after.requests == {Tier.FREE: 30.0, Tier.STANDARD: 0.0, Tier.PREMIUM: 30.0}
