"""A token bucket in one number behaves like one that counts tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.rate_limit import RateLimit, take

RATES = st.builds(RateLimit, per_s=st.floats(0.1, 1000), burst=st.integers(1, 50))


def test_a_full_bucket_gives_its_burst_at_once_and_then_one_an_interval() -> None:
    """Five tokens, then a wait of a tenth of a second for each further one."""
    rate, full_at_s, waits = RateLimit(per_s=10, burst=5), 0.0, []
    for _ in range(7):
        taken = take(full_at_s, 100.0, rate)
        full_at_s = taken.full_at_s
        waits.append(taken.wait_s)

    assert [0, 0, 0, 0, 0] == waits[:5]
    assert pytest.approx([0.1, 0.1]) == waits[5:]
    assert take(full_at_s, 100.1, rate).allowed


@given(rate=RATES, pauses_s=st.lists(st.floats(0, 2), max_size=200))
def test_it_allows_what_a_counting_bucket_allows(rate: RateLimit, pauses_s: list[float]) -> None:
    """Over any course of requests, each is allowed exactly where a count of tokens would have had one."""
    tokens, full_at_s, now_s = float(rate.burst), 0.0, 1000.0
    for pause_s in pauses_s:
        now_s += pause_s
        tokens = min(rate.burst, tokens + pause_s * rate.per_s)
        taken = take(full_at_s, now_s, rate)
        full_at_s = taken.full_at_s
        if abs(tokens - 1) > 1e-6:  # at the very edge either is right
            assert taken.allowed == (tokens >= 1)
        tokens -= taken.allowed


@given(rate=RATES, requests=st.integers(1, 300))
def test_waiting_as_told_always_helps(rate: RateLimit, requests: int) -> None:
    """Who comes back after the wait that was named gets a token."""
    full_at_s, now_s = 0.0, 0.0
    for _ in range(requests):
        taken = take(full_at_s, now_s, rate)
        if not taken.allowed:
            now_s += taken.wait_s
            taken = take(taken.full_at_s, now_s, rate)
            assert taken.allowed
        full_at_s = taken.full_at_s
