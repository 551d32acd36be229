"""The adaptive limit against simple models of a server."""

from collections.abc import Callable

import pytest

from shared.resilience.adaptive_limit import AdaptiveLimit, LimitTuning


def _run(
    limit: AdaptiveLimit, latency_s: Callable[[int], float], seconds: float, load: int = 1000, at_s: float = 0.0
) -> list[int]:
    """The limit over time of a server with as much to do; `latency_s` is how long one takes among so many."""
    now_s, limits = at_s, list[int]()
    while now_s < at_s + seconds:
        in_flight = min(load, limit.current)
        now_s += latency_s(in_flight) / in_flight
        limit.observe(latency_s(in_flight), in_flight, now_s)
        limits.append(limit.current)
    return limits


def test_a_server_that_does_one_thing_at_a_time_gets_a_short_line() -> None:
    """Latency in proportion to what is in flight: more than a handful would only wait."""
    limits = _run(AdaptiveLimit(), lambda n: 0.002 * n, seconds=60)

    assert max(limits[len(limits) // 2 :]) <= 8


def test_a_long_overload_does_not_become_normal() -> None:
    """The flaw of a long moving average: after minutes the limit is what it was after seconds."""
    limit = AdaptiveLimit()
    after_seconds = max(_run(limit, lambda n: 0.002 * n, seconds=20)[-1000:])

    after_minutes = max(_run(limit, lambda n: 0.002 * n, seconds=300, at_s=20)[-1000:])

    assert after_minutes <= after_seconds + 1


def test_a_server_that_scales_gets_its_most() -> None:
    """Latency that does not grow leaves the limit to rise."""
    limits = _run(AdaptiveLimit(), lambda _: 0.005, seconds=60)

    assert LimitTuning().most in limits[-100:]


@pytest.mark.parametrize("cores", [4, 16])
def test_the_limit_finds_the_knee(cores: int) -> None:
    """Work in progress beyond what runs side by side only waits: the limit stays within a few times of it."""
    limits = _run(AdaptiveLimit(), lambda n: 0.005 * max(1.0, n / cores), seconds=60)
    settled = sorted(limits[len(limits) // 2 :])[len(limits) // 4]

    assert cores <= settled <= 3 * cores + 4


def test_a_light_load_changes_nothing() -> None:
    """What is not limited teaches nothing about the limit."""
    limits = _run(AdaptiveLimit(), lambda _: 0.004, seconds=30, load=2)

    assert {LimitTuning().initial} == set(limits)


def test_heavier_work_is_not_taken_for_overload_for_long() -> None:
    """A baseline from lighter work is measured anew."""
    limit = AdaptiveLimit()
    _run(limit, lambda _: 0.001, seconds=15)

    limits = _run(limit, lambda _: 0.020, seconds=60, at_s=15)

    assert limits[-1] >= 32 or limits[-2] >= 32


def test_bounds_hold_whatever_is_observed() -> None:
    """Also for times of zero and of minutes."""
    limit, now_s = AdaptiveLimit(), 0.0
    for took_s in [0.0, 100.0, 0.0, 1e-9] * 500:
        now_s += 0.02
        limit.observe(took_s, limit.current, now_s)

        assert 1 <= limit.current <= 64


def _until_probed(limit: AdaptiveLimit) -> float:
    """Overload a server until its baseline is measured anew; when that was."""
    now_s = 0.0
    while limit.current > 1:
        now_s += 0.01
        limit.observe(0.01 * limit.current, limit.current, now_s)
        assert now_s < 60
    return now_s


def test_a_few_important_requests_are_not_stopped_by_a_measurement() -> None:
    """They go on while the ordinary wait; what was under way before teaches nothing, and soon all is as it was."""
    limit = AdaptiveLimit()
    now_s = _until_probed(limit)
    important = limit.for_important

    for in_flight in [*range(important, 2, -1), *[2] * 40]:
        now_s += 0.01
        limit.observe(0.02, in_flight, now_s)
        assert limit.for_important >= important
        if limit.current > 1:
            break

    assert limit.current == important > 1
    assert limit.latency_s == pytest.approx(0.02)


def test_a_crowd_of_important_requests_is_measured_as_any_other() -> None:
    """If nobody else is there and they are many, they wait for the moment that tells whether slow is normal."""
    limit = AdaptiveLimit()
    now_s = _until_probed(limit)

    for _ in range(LimitTuning().most + 1):
        now_s += 0.01
        limit.observe(0.1, 10, now_s)

    assert limit.for_important == limit.current == LimitTuning().least
