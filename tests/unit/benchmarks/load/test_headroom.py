"""When a run says more about the generator than about the server."""

import numpy as np

from benchmarks.load.headroom import Capacity
from benchmarks.load.job import Load, Outcome

CAPACITY = Capacity(per_s=30_000.0, p50_ms=0.1)


def load(per_s: int, cpu_share: float) -> Load:
    """One second of load."""
    return Load(Outcome(0.0, 1.0, cpu_share, {}), np.ones(per_s), {})


def test_a_generator_with_headroom_is_valid() -> None:
    """A third of what it can do, at a small share of a core."""
    assert CAPACITY.why_invalid(load(9_000, 0.2)) is None


def test_a_generator_near_its_own_limit_is_invalid() -> None:
    """The server could have been faster than what was measured."""
    reason = CAPACITY.why_invalid(load(11_000, 0.2))

    assert reason is not None
    assert "30,000/s" in reason


def test_a_generator_that_took_a_core_is_invalid() -> None:
    """On few cores it took the time that the server needed."""
    reason = CAPACITY.why_invalid(load(100, 0.95))

    assert reason is not None
    assert "95% of a core" in reason
