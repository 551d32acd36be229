"""What a request may claim."""

import pytest

from shared.domain.tier import Tier
from shared.errors import InvalidRequest
from shared.serving.priority import HEADER, Priority, priority_of


@pytest.mark.parametrize(
    ("tier", "claim", "expected"),
    [
        (Tier.FREE, None, Priority.LOW),
        (Tier.FREE, b"critical", Priority.LOW),
        (Tier.STANDARD, None, Priority.NORMAL),
        (Tier.STANDARD, b"low", Priority.LOW),
        (Tier.STANDARD, b"critical", Priority.HIGH),
        (Tier.PREMIUM, None, Priority.HIGH),
        (Tier.PREMIUM, b"critical", Priority.CRITICAL),
        (Tier.PREMIUM, b"low", Priority.LOW),
    ],
)
def test_a_claim_is_bounded_by_the_tier(tier: Tier, claim: bytes | None, expected: Priority) -> None:
    """Downwards everybody may go; upwards as far as the tier goes."""
    assert expected == priority_of(tier, {} if claim is None else {HEADER: claim})


def test_an_unknown_priority_is_refused_by_name() -> None:
    """With the value and what is allowed."""
    with pytest.raises(InvalidRequest, match=r"Swell-Priority: got 'urgent', allowed: critical, high, low, normal"):
        priority_of(Tier.PREMIUM, {HEADER: b"urgent"})
